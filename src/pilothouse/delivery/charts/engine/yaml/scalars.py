"""Write one string as a YAML scalar: the choice of style and the folding of libyaml's emitter.

Called by `writer` for every string and key. Styles fall back as in libyaml: plain to single quoted to double quoted.
"""

from __future__ import annotations

import re
from functools import cache

_SAFE = re.compile(r"[A-Za-z/][A-Za-z0-9_./=+@()%;<>$\\^~-]*(?: [A-Za-z0-9_./=+@()%;<>$\\^~-]+)*")
_SPECIAL_START = frozenset("#,[]{}&*!|>'\"%@`")
_FLOW = frozenset(",?[]{}")
_NAMED = {
    "\0": "0",
    "\a": "a",
    "\b": "b",
    "\t": "t",
    "\n": "n",
    "\v": "v",
    "\f": "f",
    "\r": "r",
    "\x1b": "e",
    '"': '"',
    "\\": "\\",
    "\x85": "N",
    "\xa0": "_",
    "\u2028": "L",
    "\u2029": "P",
}
_BREAKS = "\r\n\x85\u2028\u2029"
_ODD_BREAK = re.compile(f"[\x85\u2028\u2029](?=[^{_BREAKS}])")
"""What YAML 1.1 takes for the end of a line too: the text behind it needs its indentation."""


@cache
def _unprintable() -> re.Pattern[str]:
    """Return what finds characters that must be escaped; so large a set takes a while to prepare."""
    return re.compile("[^\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]")


class Analysis:
    """Which styles a text allows."""

    __slots__ = ("block", "multiline", "plain", "plain_flow", "single")

    def __init__(self, text: str) -> None:
        self.multiline = any(c in _BREAKS for c in text)
        if not text:
            self.plain, self.plain_flow, self.single, self.block = True, False, True, False
            return
        special = (_unprintable().search(text) if not text.isascii() or not text.isprintable() else None) is not None
        flow, block = _indicators(text)
        lead_space, lead_break = text[0] == " ", text[0] in _BREAKS
        trail_space, trail_break = text[-1] == " ", text[-1] in _BREAKS
        break_space = re.search(f"[{_BREAKS}] ", text) is not None
        space_break = re.search(f" [{_BREAKS}]", text) is not None
        spaced = lead_space or lead_break or trail_space or trail_break
        self.plain = not (spaced or break_space or space_break or special or self.multiline or block)
        self.plain_flow = not (spaced or break_space or space_break or special or self.multiline or flow)
        self.single = not (break_space or space_break or special)
        self.block = not (trail_space or space_break or special)


def _indicators(text: str) -> tuple[bool, bool]:
    flow = block = text.startswith(("---", "..."))
    preceded = True
    last = len(text) - 1
    for at, char in enumerate(text):
        if char in "#,[]{}&*!|>'\"%@`?:-" and not (flow and block):
            followed = at == last or text[at + 1] in " \t\0" + _BREAKS
            found_flow, found_block = _indicator(char, at == 0, preceded, followed)
            flow, block = flow or found_flow, block or found_block
        preceded = char in " \t\0" + _BREAKS
    return flow, block


def _indicator(char: str, first: bool, preceded: bool, followed: bool) -> tuple[bool, bool]:
    if first:
        if char in _SPECIAL_START:
            return True, True
        if char in "?:":
            return True, followed
        return (True, True) if char == "-" and followed else (False, False)
    if char in _FLOW:
        return True, False
    if char == ":":
        return True, followed
    return (True, True) if char == "#" and preceded else (False, False)


def is_simple(text: str) -> bool:
    """Say quickly whether a text is surely fine as a plain scalar, quoting of words aside."""
    return _SAFE.fullmatch(text) is not None


def fold_plain(text: str, column: int, indent: int, width: int) -> str:
    """Break a plain text at single spaces once the line is over `width`."""
    if column + len(text) <= width:
        return text
    out: list[str] = []
    words = text.split(" ")
    for number, word in enumerate(words):
        if number:
            usable = words[number - 1] != "" and word != ""
            if usable and column > width:
                out.append("\n" + " " * indent)
                column = indent
            else:
                out.append(" ")
                column += 1
        out.append(word)
        column += len(word)
    return "".join(out)


def single_quoted(text: str, column: int, indent: int, width: int, allow_breaks: bool) -> str:
    """Write in single quotes, folding at single spaces."""
    out: list[str] = ["'"]
    column += 1
    last = len(text) - 1
    previous = ""
    for at, char in enumerate(text):
        if char == " ":
            can_break = allow_breaks and previous != " " and column > width and 0 < at < last
            if can_break and text[at + 1] != " ":
                out.append("\n" + " " * indent)
                column = indent
            else:
                out.append(" ")
                column += 1
        elif char == "\n":
            if previous != "\n":
                out.append("\n")
            out.append("\n")
            column = 0
        elif char in _BREAKS:
            out.append(char)
            column = 0
        else:
            if previous and previous in _BREAKS:
                out.append(" " * indent)
                column = indent
            out.append("''" if char == "'" else char)
            column += 2 if char == "'" else 1
        previous = char
    out.append("'")
    return "".join(out)


def _escape(char: str) -> str:
    if char in _NAMED:
        return "\\" + _NAMED[char]
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def double_quoted(text: str, column: int, indent: int, width: int, allow_breaks: bool) -> str:
    """Write in double quotes, escaping what is not printable and folding at single spaces."""
    out: list[str] = ['"']
    column += 1
    last = len(text) - 1
    spaces = False
    for at, char in enumerate(text):
        if char in '"\\' or char in _BREAKS or char == "\ufeff" or _unprintable().match(char):
            piece = _escape(char)
            out.append(piece)
            column += len(piece)
            spaces = False
        elif char == " ":
            if allow_breaks and not spaces and column > width and 0 < at < last:
                out.append("\n" + " " * indent)
                column = indent
                if text[at + 1] == " ":
                    out.append("\\")
                    column += 1
            else:
                out.append(" ")
                column += 1
            spaces = True
        else:
            out.append(char)
            column += 1
            spaces = False
    out.append('"')
    return "".join(out)


def literal(text: str, indent: int, hint_indent: int = 2) -> str:
    """Write as a literal block, its lines at `indent`."""
    head = "|"
    if text[0] in " " + _BREAKS:
        head += str(hint_indent)
    if text[-1] not in _BREAKS:
        head += "-"
    elif len(text) == 1 or text[-2] in _BREAKS:
        head += "+"
    pad = " " * indent
    if not text.isascii():
        text = _ODD_BREAK.sub(lambda match: match.group() + pad, text)
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return head + "".join("\n" + (pad + line if line else "") for line in lines)
