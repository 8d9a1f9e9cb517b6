"""sprig's regular expression functions on RE2, whose time is linear in the text."""

from __future__ import annotations

import re
from typing import Any

from pilothouse.delivery.charts.engine.execution.faults import BudgetExceeded, FunctionError
from pilothouse.delivery.charts.engine.values.kinds import NilStrings, StringSlice

_WORDING = {
    "missing ]": "missing closing ]",
    "missing )": "missing closing )",
    "unexpected )": "unexpected )",
    "no argument for repetition operator": "missing argument to repetition operator",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid escape sequence": "invalid escape sequence",
    "invalid character class range": "invalid character class range",
    "invalid character class": "invalid character class",
    "trailing \\": "trailing backslash at end of expression",
    "invalid repetition size": "invalid repeat count",
    "bad repetition argument": "invalid repeat count",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid named capture group": "invalid named capture",
    "invalid UTF-8": "invalid UTF-8",
}
_TEMPLATE = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})")
_MAX_TEXT = 64 * 1024 * 1024


def go_message(pattern: str, text: str) -> str:
    """Word RE2's complaint about `pattern` as Go does."""
    what, _, argument = text.partition(": ")
    what = _WORDING.get(what, what)
    if what == "missing closing )":
        argument = pattern
    if not argument or what.startswith("trailing"):
        argument = "" if what.startswith("trailing") else argument or pattern
    return f"error parsing regexp: {what}: `{argument}`"


def compile_pattern(pattern: str, prefix: str = "") -> Any:
    """Compile for RE2; raises FunctionError with Go's wording."""
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        text = error.args[0]
        text = text.decode() if isinstance(text, bytes) else str(text)
        raise FunctionError(prefix + go_message(pattern, text)) from None


def _must(pattern: str) -> Any:
    return compile_pattern(pattern, f"regexp: Compile({_go_backquote(pattern)}): ")


def _go_backquote(pattern: str) -> str:
    from pilothouse.delivery.charts.engine.values.quote import go_quote

    return go_quote(pattern) if "`" in pattern or not pattern.isprintable() else f"`{pattern}`"


def _match(pattern: str, text: str) -> bool:
    try:
        return compile_pattern(pattern).search(text) is not None
    except FunctionError:
        return False


def _must_match(pattern: str, text: str) -> bool:
    return compile_pattern(pattern).search(text) is not None


def _matches(compiled: Any, text: str, limit: int) -> list[Any]:
    out: list[Any] = []
    if limit == 0:
        return out
    previous_end = -1
    for match in compiled.finditer(text):
        if match.start() == match.end() == previous_end:
            continue
        out.append(match)
        previous_end = match.end()
        if 0 < limit <= len(out):
            break
    return out


def _find_all(pattern: str, text: str, limit: int, compiler: Any = _must) -> StringSlice:
    found = [m.group(0) for m in _matches(compiler(pattern), text, limit)]
    return StringSlice(found) if found else NilStrings()


def _find(pattern: str, text: str, compiler: Any = _must) -> str:
    match = compiler(pattern).search(text)
    return match.group(0) if match else ""


def _expand(template: str, match: Any) -> str:
    def group(found: re.Match[str]) -> str:
        if found.group(1):
            return "$"
        name = found.group(2) or found.group(3)
        if name.isdigit():
            number = int(name)
            return (match.group(number) or "") if number <= match.re.groups else ""
        return (match.group(name) or "") if name in match.re.groupindex else ""

    return _TEMPLATE.sub(group, template)


def _replace(pattern: str, text: str, replacement: str, literal: bool, compiler: Any) -> str:
    out: list[str] = []
    at, size = 0, 0
    plain = literal or "$" not in replacement
    for match in _matches(compiler(pattern), text, -1):
        new = replacement if plain else _expand(replacement, match)
        out += [text[at : match.start()], new]
        at = match.end()
        size += len(new)
        if size > _MAX_TEXT:
            raise BudgetExceeded(f"a regular expression replacement made more than {_MAX_TEXT} characters")
    out.append(text[at:])
    return "".join(out)


def _split(pattern: str, text: str, limit: int, compiler: Any = _must) -> StringSlice:
    compiled = compiler(pattern)
    if limit == 0:
        return NilStrings()
    if pattern and not text:
        return StringSlice([""])
    out: list[str] = []
    begin = end = 0
    for match in _matches(compiled, text, limit):
        if 0 < limit == len(out) + 1:
            break
        end = match.start()
        if match.end() != 0:
            out.append(text[begin:end])
        begin = match.end()
    if end != len(text):
        out.append(text[begin:])
    return StringSlice(out)


def _quote_meta(text: str) -> str:
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)


TABLE = (
    ("regexMatch", "string, string -> bool", _match),
    ("mustRegexMatch", "string, string -> bool", _must_match),
    ("regexFindAll", "string, string, int -> []string", _find_all),
    ("mustRegexFindAll", "string, string, int -> []string", lambda p, t, n: _find_all(p, t, n, compile_pattern)),
    ("regexFind", "string, string -> string", _find),
    ("mustRegexFind", "string, string -> string", lambda p, t: _find(p, t, compile_pattern)),
    ("regexReplaceAll", "string, string, string -> string", lambda p, t, r: _replace(p, t, r, False, _must)),
    (
        "mustRegexReplaceAll",
        "string, string, string -> string",
        lambda p, t, r: _replace(p, t, r, False, compile_pattern),
    ),
    ("regexReplaceAllLiteral", "string, string, string -> string", lambda p, t, r: _replace(p, t, r, True, _must)),
    (
        "mustRegexReplaceAllLiteral",
        "string, string, string -> string",
        lambda p, t, r: _replace(p, t, r, True, compile_pattern),
    ),
    ("regexSplit", "string, string, int -> []string", _split),
    ("mustRegexSplit", "string, string, int -> []string", lambda p, t, n: _split(p, t, n, compile_pattern)),
    ("regexQuoteMeta", "string -> string", _quote_meta),
)
