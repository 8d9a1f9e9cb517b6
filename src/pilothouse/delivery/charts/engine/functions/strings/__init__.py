"""sprig's string functions."""

from __future__ import annotations

import re
from typing import Any

from pilothouse.delivery.charts.engine.execution.faults import BudgetExceeded, FunctionError
from pilothouse.delivery.charts.engine.functions.convert import byte_length, byte_slice, string_list, strval
from pilothouse.delivery.charts.engine.functions.strings.wording import (
    abbreviate,
    camel_case,
    delimited_case,
    simple_upper,
    swap_case,
    title_case,
    wrap_text,
)
from pilothouse.delivery.charts.engine.values.kinds import StringMap, StringSlice
from pilothouse.delivery.charts.engine.values.printf import sprintf
from pilothouse.delivery.charts.engine.values.printing import to_text
from pilothouse.delivery.charts.engine.values.quote import go_quote

_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_SPACES = re.compile(f"[{_SPACE}]+")
MAX_TEXT = 64 * 1024 * 1024


def _trim(text: str) -> str:
    return text.strip(_SPACE)


def _trunc(count: int, text: str) -> str:
    size = byte_length(text)
    if count < 0 and size + count > 0:
        return byte_slice(text, size + count, None)
    if 0 <= count < size:
        return byte_slice(text, 0, count)
    return text


def _substr(start: int, end: int, text: str) -> str:
    size = byte_length(text)
    if start < 0:
        low, high = 0, end
    elif end < 0 or end > size:
        low, high = start, size
    else:
        low, high = start, end
    if high < 0 or high > size or low > high:
        raise FunctionError(_bounds(low, high, size))
    return byte_slice(text, low, high)


def _bounds(low: int, high: int, size: int) -> str:
    if high < 0 or high > size:
        return (
            f"runtime error: slice bounds out of range [:{high}] with length {size}"
            if high > size
            else (f"runtime error: slice bounds out of range [:{high}]")
        )
    return f"runtime error: slice bounds out of range [{low}:{high}]"


def _repeat(count: int, text: str) -> str:
    if count < 0:
        raise FunctionError("strings: negative Repeat count")
    if count * len(text) > MAX_TEXT:
        raise BudgetExceeded(f"repeat would make more than {MAX_TEXT} characters")
    return text * count


def _replace(old: str, new: str, text: str) -> str:
    if len(new) > len(old) and text.count(old) * (len(new) - len(old)) > MAX_TEXT:
        raise BudgetExceeded(f"replace would make more than {MAX_TEXT} characters")
    return text.replace(old, new)


def _indent(spaces: int, text: str) -> str:
    if spaces < 0:
        raise FunctionError("strings: negative Repeat count")
    if spaces * (text.count("\n") + 1) > MAX_TEXT:
        raise BudgetExceeded(f"indent would make more than {MAX_TEXT} characters")
    pad = " " * spaces
    return pad + text.replace("\n", "\n" + pad)


def _nindent(spaces: int, text: str) -> str:
    return "\n" + _indent(spaces, text)


def _quote(*values: Any) -> str:
    return " ".join(go_quote(strval(v)) for v in values if v is not None)


def _squote(*values: Any) -> str:
    return " ".join(f"'{to_text(v)}'" for v in values if v is not None)


def _cat(*values: Any) -> str:
    kept = [v for v in values if v is not None]
    return sprintf(" ".join(["%v"] * len(kept)), *kept)


def _split(separator: str, text: str) -> StringMap:
    return StringMap({f"_{i}": part for i, part in enumerate(_split_list(separator, text))})


def _split_list(separator: str, text: str) -> StringSlice:
    return StringSlice(text.split(separator) if separator else list(text))


def _splitn(separator: str, count: int, text: str) -> StringMap:
    if count == 0:
        return StringMap()
    if separator == "":
        chars = list(text)
        parts = chars if count < 0 or len(chars) <= count else [*chars[: count - 1], "".join(chars[count - 1 :])]
    else:
        parts = text.split(separator, count - 1 if count > 0 else -1)
    return StringMap({f"_{i}": part for i, part in enumerate(parts)})


def _join(separator: str, value: Any) -> str:
    parts = string_list(value)
    if sum(map(len, parts)) + len(separator) * len(parts) > MAX_TEXT:
        raise BudgetExceeded(f"join would make more than {MAX_TEXT} characters")
    return separator.join(parts)


def _nospace(text: str) -> str:
    """Drop white space; the Go package reads bytes as characters, so text that is not ASCII comes out changed."""
    if text.isascii():
        return _SPACES.sub("", text)
    return _SPACES.sub("", text.encode("utf-8", "surrogateescape").decode("latin-1"))


def _initials(text: str) -> str:
    return "".join(word[0] for word in _SPACES.split(text) if word)


def _untitle(text: str) -> str:
    return re.sub(rf"(^|[{_SPACE}])([^{_SPACE}])", lambda m: m.group(1) + m.group(2).lower(), text)


def _plural(one: str, many: str, count: int) -> str:
    return one if count == 1 else many


def _abbrev_both(left: int, right: int, text: str) -> str:
    if right < 4 or (left > 0 and right < 7):
        return text
    return abbreviate(text, left, right)


def _abbrev(width: int, text: str) -> str:
    return text if width < 4 else abbreviate(text, 0, width)


def _trim_prefix(prefix: str, text: str) -> str:
    return text.removeprefix(prefix)


def _trim_suffix(suffix: str, text: str) -> str:
    return text.removesuffix(suffix)


def _trim_all(cut: str, text: str) -> str:
    return text.strip(cut) if cut else text


def _to_strings(value: Any) -> StringSlice:
    return StringSlice(string_list(value))


def _ternary(yes: Any, no: Any, condition: bool) -> Any:
    return yes if condition else no


def _fail(message: str) -> str:
    raise FunctionError(message)


TABLE = (
    ("abbrev", "int, string -> string", _abbrev),
    ("abbrevboth", "int, int, string -> string", _abbrev_both),
    ("trunc", "int, string -> string", _trunc),
    ("trim", "string -> string", _trim),
    ("upper", "string -> string", simple_upper),
    ("lower", "string -> string", lambda s: s.lower()),
    ("title", "string -> string", title_case),
    ("untitle", "string -> string", _untitle),
    ("substr", "int, int, string -> string", _substr),
    ("repeat", "int, string -> string", _repeat),
    ("trimall", "string, string -> string", _trim_all),
    ("trimAll", "string, string -> string", _trim_all),
    ("trimSuffix", "string, string -> string", _trim_suffix),
    ("trimPrefix", "string, string -> string", _trim_prefix),
    ("nospace", "string -> string", _nospace),
    ("initials", "string -> string", _initials),
    ("swapcase", "string -> string", swap_case),
    ("snakecase", "string -> string", lambda s: delimited_case(s, "_")),
    ("camelcase", "string -> string", camel_case),
    ("kebabcase", "string -> string", lambda s: delimited_case(s, "-")),
    ("wrap", "int, string -> string", lambda width, text: wrap_text(text, width, "\n", False)),
    ("wrapWith", "int, string, string -> string", lambda width, sep, text: wrap_text(text, width, sep, True)),
    ("contains", "string, string -> bool", lambda part, text: part in text),
    ("hasPrefix", "string, string -> bool", lambda part, text: text.startswith(part)),
    ("hasSuffix", "string, string -> bool", lambda part, text: text.endswith(part)),
    ("quote", "...any -> string", _quote),
    ("squote", "...any -> string", _squote),
    ("cat", "...any -> string", _cat),
    ("indent", "int, string -> string", _indent),
    ("nindent", "int, string -> string", _nindent),
    ("replace", "string, string, string -> string", _replace),
    ("plural", "string, string, int -> string", _plural),
    ("join", "string, any -> string", _join),
    ("split", "string, string -> map[string]string", _split),
    ("splitList", "string, string -> []string", _split_list),
    ("splitn", "string, int, string -> map[string]string", _splitn),
    ("toString", "any -> string", strval),
    ("toStrings", "any -> []string", _to_strings),
    ("ternary", "any, any, bool -> ", _ternary),
    ("fail", "string -> string", _fail),
    ("hello", " -> string", lambda: "Hello!"),
)
