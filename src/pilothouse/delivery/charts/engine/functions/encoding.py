"""Base 32 and 64, JSON in Go's form, checksums of text: functions that turn text into other text."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import zlib
from typing import Any

from pilothouse.delivery.charts.engine.execution.faults import FunctionError
from pilothouse.delivery.charts.engine.functions.convert import strval
from pilothouse.delivery.charts.engine.values.floats import format_shortest, json_number
from pilothouse.delivery.charts.engine.values.kinds import GoObject, NilSlice, NilStrings, key_order, type_name

_ESCAPE = re.compile(r'["\\\x00-\x1f\u2028\u2029\udc80-\udcff]')
_ESCAPE_HTML = re.compile(r'["\\\x00-\x1f\u2028\u2029\udc80-\udcff<>&]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_MAX_DEPTH = 1000


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _escaped(match: re.Match[str]) -> str:
    char = match.group()
    if "\udc80" <= char <= "\udcff":
        return "\\ufffd"
    return _SHORT.get(char) or f"\\u{ord(char):04x}"


def json_string(text: str, *, html: bool = True) -> str:
    """Write a JSON string as encoding/json does."""
    return '"' + (_ESCAPE_HTML if html else _ESCAPE).sub(_escaped, text) + '"'


def json_float(value: float) -> str:
    """Write a JSON number as encoding/json does."""
    text = json_number(value)
    if text is None:
        raise FunctionError(f"json: unsupported value: {format_shortest(value)}")
    return text


def to_json(value: Any, *, html: bool = True, depth: int = 0) -> str:
    """Write compact JSON with sorted keys; raises FunctionError for what JSON cannot hold."""
    if isinstance(value, str):
        return json_string(value, html=html)
    if value is None or isinstance(value, (bool, int, float)):
        return _number_json(value)
    if depth > _MAX_DEPTH:
        raise FunctionError("json: unsupported value: encountered a cycle")
    if isinstance(value, dict):
        keys = key_order(value)
        parts = (f"{json_string(strval(k), html=html)}:{to_json(value[k], html=html, depth=depth + 1)}" for k in keys)
        return "{" + ",".join(parts) + "}"
    if isinstance(value, list):
        if isinstance(value, (NilSlice, NilStrings)):
            return "null"
        return "[" + ",".join(to_json(v, html=html, depth=depth + 1) for v in value) + "]"
    if isinstance(value, bytes):
        return '"' + base64.b64encode(value).decode() + '"'
    return _object_json(value, html, depth)


def _number_json(value: float | None) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, int) else json_float(value)


def _object_json(value: Any, html: bool, depth: int) -> str:
    marshal = getattr(value, "go_json", None)
    if marshal is not None:
        return to_json(marshal(), html=html, depth=depth + 1)
    if isinstance(value, GoObject):
        parts = (f"{json_string(k)}:{to_json(v, html=html, depth=depth + 1)}" for k, v in value.go_fields().items())
        return "{" + ",".join(parts) + "}"
    raise FunctionError(f"json: unsupported type: {type_name(value)}")


def pretty_json(value: Any, level: int = 0) -> str:
    """Write JSON indented by two spaces."""
    pad, close = "  " * (level + 1), "  " * level
    if isinstance(value, dict) and value:
        parts = [f"{pad}{json_string(strval(k))}: {pretty_json(value[k], level + 1)}" for k in key_order(value)]
        return "{\n" + ",\n".join(parts) + f"\n{close}}}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(pad + pretty_json(v, level + 1) for v in value) + f"\n{close}]"
    return to_json(value)


def _quietly(function: Any) -> Any:
    def quiet(value: Any) -> str:
        try:
            return str(function(value))
        except FunctionError:
            return ""

    return quiet


def read_json(text: str) -> Any:
    """Read JSON with all numbers as floats; raises FunctionError with a message in Go's words."""
    try:
        return json.loads(text, parse_int=float, parse_float=float, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise FunctionError(_json_message(text, error)) from None
    except RecursionError:
        raise FunctionError("exceeded max depth") from None


def _no_constant(text: str) -> Any:
    raise FunctionError(f"invalid character '{text[0]}' looking for beginning of value")


def _json_message(text: str, error: json.JSONDecodeError) -> str:
    stripped = text[error.pos :]
    if not stripped.strip() or error.msg.startswith("Unterminated"):
        return "unexpected end of JSON input"
    char = stripped[0]
    if error.msg.startswith("Expecting value"):
        return f"invalid character '{char}' looking for beginning of value"
    if error.msg.startswith("Expecting property name"):
        return f"invalid character '{char}' looking for beginning of object key string"
    if error.msg.startswith("Extra data"):
        return f"invalid character '{char}' after top-level value"
    if "':'" in error.msg:
        return f"invalid character '{char}' after object key"
    if "','" in error.msg:
        before = "object key:value pair" if _in_object(text, error.pos) else "array element"
        return f"invalid character '{char}' after {before}"
    return f"invalid character '{char}' in string literal"


def _in_object(text: str, pos: int) -> bool:
    depth: list[str] = []
    for char in re.sub(r'"(?:\\.|[^"\\])*"', "", text[:pos]):
        if char in "{[":
            depth.append(char)
        elif char in "}]" and depth:
            depth.pop()
    return bool(depth) and depth[-1] == "{"


def _from_json(text: str) -> dict[str, Any]:
    try:
        value = read_json(text)
    except FunctionError as error:
        return {"Error": str(error)}
    if value is None:
        return {}
    if not isinstance(value, dict):
        return {"Error": f"json: cannot unmarshal {_json_kind(value)} into Go value of type map[string]interface {{}}"}
    return value


def _from_json_array(text: str) -> list[Any]:
    try:
        value = read_json(text)
    except FunctionError as error:
        return [str(error)]
    if value is None:
        return []
    if not isinstance(value, list):
        return [f"json: cannot unmarshal {_json_kind(value)} into Go value of type []interface {{}}"]
    return value


def _json_kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, dict):
        return "object"
    if isinstance(value, list):
        return "array"
    return "string" if isinstance(value, str) else "number"


def decode_base64(text: str) -> bytes:
    """Read standard base64; raises FunctionError with Go's message."""
    data = text.replace("\r", "").replace("\n", "")
    for at in range(len(data)):
        if not (data[at].isascii() and (data[at].isalnum() or data[at] in "+/")):
            good_padding = data[at:] in ("=", "==") and len(data) % 4 == 0
            if good_padding:
                break
            raise FunctionError(f"illegal base64 data at input byte {at}")
    if len(data) % 4:
        raise FunctionError(f"illegal base64 data at input byte {len(data) // 4 * 4}")
    try:
        return base64.b64decode(data)
    except binascii.Error:
        raise FunctionError(f"illegal base64 data at input byte {len(data)}") from None


def _b64dec(text: str) -> str:
    try:
        return decode_base64(text).decode("utf-8", "surrogateescape")
    except FunctionError as error:
        return str(error)


def _b32dec(text: str) -> str:
    try:
        return base64.b32decode(text).decode("utf-8", "surrogateescape")
    except (binascii.Error, ValueError):
        bad = next((i for i, c in enumerate(text) if c not in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567="), len(text))
        return f"illegal base32 data at input byte {bad}"


TABLE = (
    ("b64enc", "string -> string", lambda s: base64.b64encode(_raw(s)).decode()),
    ("b64dec", "string -> string", _b64dec),
    ("b32enc", "string -> string", lambda s: base64.b32encode(_raw(s)).decode()),
    ("b32dec", "string -> string", _b32dec),
    ("sha1sum", "string -> string", lambda s: hashlib.sha1(_raw(s)).hexdigest()),  # noqa: S324 - the function is named so
    ("sha256sum", "string -> string", lambda s: hashlib.sha256(_raw(s)).hexdigest()),
    ("sha512sum", "string -> string", lambda s: hashlib.sha512(_raw(s)).hexdigest()),
    ("adler32sum", "string -> string", lambda s: str(zlib.adler32(_raw(s)))),
    ("toJson", "any -> string", _quietly(to_json)),
    ("mustToJson", "any -> string", to_json),
    ("toRawJson", "any -> string", lambda v: to_json(v, html=False)),
    ("mustToRawJson", "any -> string", lambda v: to_json(v, html=False)),
    ("toPrettyJson", "any -> string", _quietly(pretty_json)),
    ("mustToPrettyJson", "any -> string", pretty_json),
    ("fromJson", "string -> map", _from_json),
    ("mustFromJson", "string -> ", read_json),
    ("fromJsonArray", "string -> list", _from_json_array),
)
