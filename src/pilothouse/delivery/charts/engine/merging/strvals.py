"""The little language of `--set` and its relatives: `a.b[0].c=value,d={x,y}`.

Called with the values collected so far, which are changed in place. Error texts are Helm's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from pilothouse.delivery.charts.engine.values.kinds import Int64, type_name
from pilothouse.delivery.charts.engine.values.quote import go_quote
from pilothouse.delivery.charts.errors import ValuesInvalid

MAX_INDEX = 65536
MAX_LEVEL = 30
_BLANKS = re.compile(r"[ \t\r\n]*")
_MAX_DIGITS = 60


class _End(Exception):
    """The text is used up."""


class _Problem(Exception):
    """The text is wrong; the message is Helm's."""


def typed_value(text: str) -> Any:
    """Read a value as `--set` does: booleans, null and integers are recognised, all else is text."""
    lowered = text.lower()
    if lowered in ("true", "false"):
        return lowered == "true"
    if lowered == "null":
        return None
    if text == "0":
        return Int64(0)
    if re.fullmatch(r"[+-]?[0-9]{1,40}", text) and text[0] != "0" and -(1 << 63) <= int(text) < 1 << 63:
        return Int64(int(text))
    return text


class Parser:
    """Parses one argument into `data`."""

    def __init__(self, text: str, data: dict[str, Any], read: Callable[[str], Any], *, mode: str = "set") -> None:
        self.text = text
        self.at = 0
        self.data = data
        self.read = read
        self.mode = mode
        self.stops = "=[." if mode == "literal" else "=[,."

    def run(self) -> None:
        """Parse until the end; raises _Problem."""
        try:
            while True:
                try:
                    self.key(self.data, 0)
                except _Cast as error:
                    raise _Problem(f"unable to parse key: {error}") from None
        except _End:
            return

    def until(self, stops: str) -> tuple[str, str]:
        """Read up to one of `stops`; returns the text and the stop, "" at the end."""
        out: list[str] = []
        while self.at < len(self.text):
            char = self.text[self.at]
            self.at += 1
            if char in stops:
                return "".join(out), char
            if char == "\\" and self.mode != "literal":
                if self.at >= len(self.text):
                    return "".join(out), ""
                char = self.text[self.at]
                self.at += 1
            out.append(char)
        return "".join(out), ""

    def key(self, data: dict[str, Any], level: int) -> None:
        """Parse one key and its value into `data`."""
        name, last = self.until(self.stops)
        if not last:
            if not name:
                raise _End
            raise _Problem(f"key {go_quote(name)} has no value")
        if last == "[":
            index = self._index()
            items = _as_list(data[name]) if name in data else []
            _set(data, name, self._in_list(items, index, level, lambda made: _set(data, name, made)))
        elif last == "=":
            self._value(lambda value: _set(data, name, value))
        elif last == ",":
            _set(data, name, "")
            raise _Problem(f"key {go_quote(name)} has no value (cannot end with ,)")
        else:
            self._nested(data, name, level + 1)

    def _nested(self, data: dict[str, Any], name: str, level: int) -> None:
        if level > MAX_LEVEL:
            raise _Problem(f"value name nested level is greater than maximum supported nested level of {MAX_LEVEL}")
        inner = _as_map(data[name]) if name in data else {}
        try:
            self.key(inner, level)
        finally:
            if inner:
                _set(data, name, inner)
        if not inner:
            raise _Problem(f"key map {go_quote(name)} has no value")

    def _value(self, put: Callable[[Any], object]) -> None:
        if self.mode == "json":
            self._json(put)
            return
        if self.mode == "literal":
            rest, self.at = self.text[self.at :], len(self.text)
            put(rest)
            return
        if self.at >= len(self.text):
            put("")
            raise _End
        if self.text[self.at] == "{":
            self.at += 1
            put(self._list())
            return
        text, _ = self.until(",")
        put(self.read(text))

    def _list(self) -> list[Any]:
        out: list[Any] = []
        while True:
            text, last = self.until(",}")
            if not last:
                raise _Problem("list must terminate with '}'")
            if last == "}":
                if self.at < len(self.text) and self.text[self.at] == ",":
                    self.at += 1
                out.append(self.read(text))
                return out
            out.append(self.read(text))

    def _json(self, put: Callable[[Any], object]) -> None:
        if self._blank():
            put(None)
            return
        try:
            value, end = json.JSONDecoder(parse_int=float).raw_decode(self.text, self.at)
        except (json.JSONDecodeError, RecursionError) as error:
            raise _Problem(str(error)) from None
        put(value)
        self.at = end
        self._blank()

    def _blank(self) -> bool:
        match = _BLANKS.match(self.text, self.at)
        end = match.end() if match else self.at
        if end >= len(self.text):
            self.at = end
            return True
        if self.text[end] == ",":
            self.at = end + 1
            return True
        self.at = end
        return False

    def _index(self) -> int:
        text, last = self.until("]")
        if not last:
            raise _End
        if not re.fullmatch(r"[+-]?[0-9]+", text):
            raise _Problem(f"error parsing index: strconv.Atoi: parsing {go_quote(text)}: invalid syntax")
        if len(text) > _MAX_DIGITS or not -(1 << 63) <= int(text) < 1 << 63:
            raise _Problem(f"error parsing index: strconv.Atoi: parsing {go_quote(text)}: value out of range")
        return int(text)

    def _in_list(self, items: list[Any], index: int, level: int, put: Callable[[list[Any]], object]) -> list[Any]:
        """Parse what follows `]`; `put` stores the list even when the text ends here."""
        if index < 0:
            raise _Problem(f"negative {index} index not allowed")
        name, last = self.until("[.=")
        if name:
            runes = " ".join(go_quote(c, "'") for c in name)
            raise _Problem(f"unexpected data at end of array index: [{runes}]")
        if not last:
            put(items)
            raise _End
        if last == "=":
            try:
                self._value(lambda value: _set_index(items, index, value))
            except _End:
                put(items)
                raise
            return items
        if last == "[":
            inner_index = self._index()
            existing = items[index] if len(items) > index else None
            inner = _as_list(existing) if existing is not None else []
            try:
                made = self._in_list(inner, inner_index, level, lambda found: _set_index(items, index, found))
            except _End:
                put(items)
                raise
            return _set_index(items, index, made)
        return self._object(items, index, level + 1, put)

    def _object(self, items: list[Any], index: int, level: int, put: Callable[[list[Any]], object]) -> list[Any]:
        if level > MAX_LEVEL:
            raise _Problem(f"value name nested level is greater than maximum supported nested level of {MAX_LEVEL}")
        inner: dict[str, Any] = {}
        if len(items) > index:
            if not isinstance(items[index], dict):
                items[index] = {}
            inner = items[index]
        try:
            self.key(inner, level)
        except _End:
            put(_set_index(items, index, inner))
            raise
        return _set_index(items, index, inner)


class _Cast(Exception):
    """A Go type assertion that failed."""


def _as_list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _Cast(f"interface conversion: interface {{}} is {_name(value)}, not []interface {{}}")
    return value


def _as_map(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Cast(f"interface conversion: interface {{}} is {_name(value)}, not map[string]interface {{}}")
    return value


def _name(value: Any) -> str:
    return "nil" if value is None else type_name(value)


def _set(data: dict[str, Any], key: str, value: Any) -> None:
    if key:
        data[key] = value


def _set_index(items: list[Any], index: int, value: Any) -> list[Any]:
    if index > MAX_INDEX:
        raise _Problem(f"index of {index} is greater than maximum supported index of {MAX_INDEX}")
    items.extend([None] * (index + 1 - len(items)))
    items[index] = value
    return items


def apply_set(flag: str, text: str, data: dict[str, Any], read_file: Callable[[str], str] | None = None) -> None:
    """Apply one argument of --set, --set-string, --set-json, --set-file or --set-literal to `data`.

    Raises ValuesInvalid with Helm's message.
    """
    if flag == "set-json" and text.lstrip().startswith("{"):
        _whole_json(text, data)
        return
    readers: dict[str, Callable[[str], Any]] = {"set": typed_value, "set-file": read_file or str}
    mode = {"set-json": "json", "set-literal": "literal"}.get(flag, "set")
    try:
        Parser(text, data, readers.get(flag, str), mode=mode).run()
    except _Problem as error:
        shown = text if flag == "set-json" else None
        raise ValuesInvalid(
            f"failed parsing --{flag} data {shown}" if shown is not None else f"failed parsing --{flag} data: {error}"
        ) from None


def _whole_json(text: str, data: dict[str, Any]) -> None:
    try:
        value = json.loads(text, parse_int=float)
    except (json.JSONDecodeError, RecursionError):
        raise ValuesInvalid(f"failed parsing --set-json data JSON: {text}") from None
    merged = merge_maps(data, value)
    data.clear()
    data.update(merged)


def merge_maps(low: dict[str, Any], high: dict[str, Any]) -> dict[str, Any]:
    """Return `high` over `low`, tables merged key by key."""
    out = dict(low)
    for key, value in high.items():
        old = out.get(key)
        out[key] = merge_maps(old, value) if isinstance(value, dict) and isinstance(old, dict) else value
    return out
