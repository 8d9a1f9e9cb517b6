"""First stage: cut a template's text into tokens, with the wording Go's lexer uses for its errors.

Called by the parser. One pass with a few anchored patterns, because a chart of a megabyte passes here at each
cold start. Positions are string offsets; they become line and column only when an error needs them.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pilothouse.delivery.charts.engine.values.quote import go_quote

KEYWORDS = frozenset(("block", "break", "continue", "define", "else", "end", "if", "nil", "range", "template", "with"))
_SPACES = " \t\r\n"
_SPACE = re.compile(r"[ \t\r\n]+")
_WORD = re.compile(r"\w*")
_QUOTED = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"')
_CHAR = re.compile(r"'(?:[^'\\\n]|\\[^\n])*'")
_NUMBER = re.compile(
    r"[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?"
    r"|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?"
    r"|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?"
)
_TERMINATORS = frozenset(" \t\r\n.,|:)(")


class Token(NamedTuple):
    """One token: its kind (Go's names), where it starts, and its text (the message, for an error)."""

    kind: str
    pos: int
    text: str


class Lexer:
    """Holds the text, the place reached and the tokens found so far."""

    def __init__(self, source: str, *, comments: bool = False) -> None:
        self.source = source
        self.comments = comments
        self.tokens: list[Token] = []
        self.pos = 0
        self.depth = 0
        self.failed = False

    def run(self) -> list[Token]:
        """Return all tokens; the last is EOF or an error."""
        source, size = self.source, len(self.source)
        while not self.failed:
            start = self.pos
            open_at = source.find("{{", start)
            if open_at < 0:
                if start < size:
                    self.tokens.append(Token("text", start, source[start:]))
                self.tokens.append(Token("EOF", size, ""))
                return self.tokens
            trim = self._trims_left(open_at)
            text = source[start:open_at]
            if trim:
                text = text.rstrip(_SPACES)
            if text:
                self.tokens.append(Token("text", start, text))
            self._open(open_at, trim)
        return self.tokens

    def _trims_left(self, open_at: int) -> bool:
        source = self.source
        return source.startswith("-", open_at + 2) and open_at + 3 < len(source) and source[open_at + 3] in _SPACES

    def _open(self, open_at: int, trim: bool) -> None:
        after = open_at + (4 if trim else 2)
        if self.source.startswith("/*", after):
            self._comment(after, open_at)
            return
        self.tokens.append(Token("left delim", open_at, "{{"))
        self.pos = after
        self.depth = 0
        while self._action():
            pass

    def _comment(self, start: int, open_at: int) -> None:
        end = self.source.find("*/", start + 2)
        if end < 0:
            self._error(start, "unclosed comment")
            return
        self.pos = end + 2
        closed, trim = self._at_right()
        if not closed:
            self._error(start, "comment ends before closing delimiter")
            return
        if self.comments:
            self.tokens.append(Token("comment", start, self.source[start : end + 2]))
        self._skip_close(trim)

    def _skip_close(self, trim: bool) -> None:
        self.pos += 4 if trim else 2
        if trim:
            match = _SPACE.match(self.source, self.pos)
            if match:
                self.pos = match.end()

    def _at_right(self) -> tuple[bool, bool]:
        source, pos = self.source, self.pos
        if source.startswith("}}", pos):
            return True, False
        if source.startswith("-}}", pos + 1) and source[pos] in _SPACES:
            return True, True
        return False, False

    def _error(self, pos: int, message: str) -> bool:
        self.tokens.append(Token("error", pos, message))
        self.failed = True
        return False

    def _emit(self, kind: str, end: int) -> bool:
        self.tokens.append(Token(kind, self.pos, self.source[self.pos : end]))
        self.pos = end
        return True

    def _action(self) -> bool:
        """Read one token inside an action; False when the action (or the text) ended."""
        closed, trim = self._at_right()
        if closed:
            if self.depth:
                return self._error(self.pos, "unclosed left paren")
            where = self.pos + (2 if trim else 0)
            self.tokens.append(Token("right delim", where, "}}"))
            self._skip_close(trim)
            return False
        if self.pos >= len(self.source):
            return self._error(self.pos, "unclosed action")
        char = self.source[self.pos]
        if char in _SPACES:
            return self._space()
        if char in "\"`'":
            return self._literal(char)
        if char in "$.":
            return self._dotted(char)
        if char in "+-" or "0" <= char <= "9":
            return self._number()
        if char == "_" or char.isalnum():
            return self._word()
        return self._punctuation(char)

    def _space(self) -> bool:
        match = _SPACE.match(self.source, self.pos)
        assert match is not None
        end = match.end()
        if self.source.startswith("-}}", end):
            end -= 1
            if end == self.pos:
                return True
        return self._emit("space", end)

    def _literal(self, quote: str) -> bool:
        if quote == "`":
            end = self.source.find("`", self.pos + 1)
            if end < 0:
                return self._error(self.pos, "unterminated raw quoted string")
            return self._emit("raw string", end + 1)
        match = (_QUOTED if quote == '"' else _CHAR).match(self.source, self.pos)
        if match is None:
            what = "quoted string" if quote == '"' else "character constant"
            return self._error(self.pos, f"unterminated {what}")
        return self._emit("string" if quote == '"' else "char constant", match.end())

    def _terminated(self, end: int) -> bool:
        return end >= len(self.source) or self.source[end] in _TERMINATORS or self.source.startswith("}}", end)

    def _bad(self, end: int) -> bool:
        return self._error(self.pos, f"bad character {code_point(self.source[end])}")

    def _dotted(self, char: str) -> bool:
        after = self.pos + 1
        if char == "." and after < len(self.source) and "0" <= self.source[after] <= "9":
            return self._number()
        bare = "variable" if char == "$" else "."
        if self._terminated(after):
            return self._emit(bare, after)
        match = _WORD.match(self.source, after)
        assert match is not None
        if not self._terminated(match.end()):
            return self._bad(match.end())
        return self._emit("variable" if char == "$" else "field", match.end())

    def _word(self) -> bool:
        match = _WORD.match(self.source, self.pos)
        assert match is not None
        end = match.end()
        if not self._terminated(end):
            return self._bad(end)
        word = match.group()
        if word in KEYWORDS:
            return self._emit(word, end)
        return self._emit("bool" if word in ("true", "false") else "identifier", end)

    def _number(self) -> bool:
        end, good = self._scan_number(self.pos)
        if good and self.source[end : end + 1] in ("+", "-"):
            end, good = self._scan_number(end)
            good = good and self.source[end - 1] == "i"
            kind = "complex"
        else:
            kind = "number"
        if not good:
            return self._error(self.pos, f"bad number syntax: {go_quote(self.source[self.pos : end])}")
        return self._emit(kind, end)

    def _scan_number(self, start: int) -> tuple[int, bool]:
        match = _NUMBER.match(self.source, start)
        assert match is not None
        end = match.end()
        following = self.source[end : end + 1]
        if following == "_" or following.isalnum():
            return end + 1, False
        return end, True

    def _punctuation(self, char: str) -> bool:
        end = self.pos + 1
        if char == "(":
            self.depth += 1
            return self._emit("(", end)
        if char == ")":
            self.depth -= 1
            return self._emit(")", end) if self.depth >= 0 else self._error(self.pos, "unexpected right paren")
        if char == ":":
            if not self.source.startswith("=", end):
                return self._error(self.pos, "expected :=")
            return self._emit(":=", end + 1)
        if char in "=|":
            return self._emit("=" if char == "=" else "pipe", end)
        if char.isascii() and char.isprintable():
            return self._emit("char", end)
        return self._error(self.pos, f"unrecognized character in action: {code_point(char)}")


def code_point(char: str) -> str:
    """Format a character the way Go's ``%#U`` does."""
    number = f"U+{ord(char):04X}"
    return f"{number} '{char}'" if char.isprintable() else number


def lex(source: str, *, comments: bool = False) -> list[Token]:
    """Cut `source` into tokens; the last one is EOF or an error whose text is the message."""
    return Lexer(source, comments=comments).run()
