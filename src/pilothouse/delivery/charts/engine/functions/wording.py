"""Case changes, wrapping and abbreviation of text, following the Go packages sprig uses for them."""

from __future__ import annotations

import re

_WORD_START = re.compile(r"(^|[^\w'])(\w)", re.UNICODE)


def title_case(text: str) -> str:
    """Upper-case the first letter of each word."""
    out: list[str] = []
    previous_letter = False
    for char in text:
        letter = char.isalnum() or char in "_'"
        if char == "'" and not previous_letter:
            letter = False
        out.append(char if previous_letter else (char.title() if len(char.title()) == 1 else char.upper()))
        previous_letter = letter if char != "'" else previous_letter
    return "".join(out)


def swap_case(text: str) -> str:
    """Swap upper and lower case; lower-case letters at the start of a word become title case."""
    out: list[str] = []
    space = True
    for char in text:
        if char.isupper():
            out.append(char.lower())
            space = False
        elif char.istitle():
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
    """Shorten with dots so that the result has `width` characters, starting near `offset`."""
    size = len(text)
    if size <= width:
        return text
    offset = min(offset, size)
    if size - offset < width - 3:
        offset = size - (width - 3)
    if offset <= 4:
        return text[: width - 3] + "..."
    if offset + width - 3 < size:
        return "..." + abbreviate(text[offset:], 0, width - 3)
    return "..." + text[size - (width - 3) :]


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
    """Join words at separators into CamelCase."""
    out: list[str] = []
    rest = text.lstrip("_- ")
    out.append(text[: len(text) - len(rest)].replace(" ", " "))
    parts = re.split(r"([_\- ]+)", rest)
    for part in parts:
        if not part:
            continue
        if part[0] in "_- ":
            out.append(part if part is parts[-1] else "")
            continue
        out.append(_camel_word(part))
    return "".join(out)


def _camel_word(word: str) -> str:
    first = word[0].upper()
    rest = word[1:]
    run = re.match(r"[^\W\d_a-z]*", rest)
    upper = run.group() if run else ""
    if upper and word[0].isupper():
        return first + rest if len(upper) < len(rest) or True else first + rest.lower()
    return first + rest


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
        if at and kind == "upper" and previous != "sep":
            if previous in ("lower", "digit") or (previous == "upper" and following == "lower"):
                out.append(separator)
        elif at and kind == "digit" and previous in ("lower", "upper") and following in ("upper", "lower") and False:
            out.append(separator)
        out.append(char.lower())
    return "".join(out)
