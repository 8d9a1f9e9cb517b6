"""Case changes, wrapping and abbreviation of text, following the Go packages sprig uses for them."""

from __future__ import annotations


def title_case(text: str) -> str:
    """Upper-case the first letter of each word."""
    out: list[str] = []
    previous_letter = False
    for char in text:
        letter = char.isalnum() or char in "_'"
        if char == "'" and not previous_letter:
            letter = False
        out.append(char if previous_letter else (char.title() if len(char.title()) == 1 else char))
        previous_letter = letter if char != "'" else previous_letter
    return "".join(out)


def swap_case(text: str) -> str:
    """Swap upper and lower case; lower-case letters at the start of a word become title case."""
    out: list[str] = []
    space = True
    for char in text:
        if char.isupper() or char.istitle():
            out.append(char.lower())
            space = False
        elif char.islower():
            out.append(char.title() if space else char.upper())
            space = False
        else:
            out.append(char)
            space = char.isspace()
    return "".join(out)


def abbreviate(text: str, offset: int, width: int) -> str:
    """Shorten with dots so that the result has `width` bytes, starting near `offset`."""
    raw = text.encode("utf-8", "surrogateescape")
    return _abbreviated(raw, offset, width).decode("utf-8", "surrogateescape")


def _abbreviated(text: bytes, offset: int, width: int) -> bytes:
    size = len(text)
    if size <= width:
        return text
    offset = min(offset, size)
    if size - offset < width - 3:
        offset = size - (width - 3)
    if offset <= 4:
        return text[: width - 3] + b"..."
    if offset + width - 3 < size:
        return b"..." + _abbreviated(text[offset:], 0, width - 3)
    return b"..." + text[size - (width - 3) :]


def simple_upper(text: str) -> str:
    """Upper-case rune by rune as Go does: a letter never becomes two."""
    return "".join(c.upper() if len(c.upper()) == 1 else c for c in text)


def wrap_text(text: str, width: int, newline: str, break_long: bool) -> str:
    """Wrap at spaces; words longer than the width are broken when `break_long`."""
    width = max(width, 1)
    newline = newline or "\n"
    out: list[str] = []
    size, offset = len(text), 0
    while size - offset > width:
        if text[offset] == " ":
            offset += 1
            continue
        cut = text.rfind(" ", offset, offset + width + 1)
        if cut >= offset:
            out += [text[offset:cut], newline]
            offset = cut + 1
        elif break_long:
            out += [text[offset : offset + width], newline]
            offset += width
        else:
            cut = text.find(" ", offset + width)
            if cut < 0:
                out.append(text[offset:])
                offset = size
            else:
                out += [text[offset:cut], newline]
                offset = cut + 1
    out.append(text[offset:])
    return "".join(out)


def camel_case(text: str) -> str:
    """Join words at separators into CamelCase; separators at the ends and doubled ones stay."""
    rest = text.lstrip("_- ")
    out = [text[: len(text) - len(rest)]]
    if not rest:
        return text
    current = rest[0].upper()
    for char in rest[1:]:
        previous, current = current, char
        if previous in "_- ":
            if current in "_- ":
                out.append(previous)
            else:
                current = current.upper()
            continue
        out.append(previous)
    return "".join(out) + current


def _kinds(text: str) -> list[str]:
    out = []
    for char in text:
        if char in "_- " or char.isspace():
            out.append("sep")
        elif char.isupper():
            out.append("upper")
        elif char.isdigit():
            out.append("digit")
        else:
            out.append("lower")
    return out


def delimited_case(text: str, separator: str) -> str:
    """Turn CamelCase and separated words into lower case joined by `separator`."""
    kinds = _kinds(text)
    out: list[str] = []
    for at, char in enumerate(text):
        kind = kinds[at]
        previous = kinds[at - 1] if at else ""
        following = kinds[at + 1] if at + 1 < len(text) else ""
        if kind == "sep":
            out.append(separator)
            continue
        starts_word = previous in ("lower", "digit") or (previous == "upper" and following == "lower")
        if at and kind == "upper" and starts_word:
            out.append(separator)
        out.append(char.lower())
    return "".join(out)
