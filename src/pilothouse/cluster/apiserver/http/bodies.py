"""Request bodies: JSON and YAML with limits, duplicate keys found, parse errors worded like the reference server's."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from pilothouse.api.findings.gojson import syntax_error
from pilothouse.cluster.apiserver.errors import StatusError, bad_request

MAX_BODY = 3 * 1024 * 1024
MAX_DEPTH = 500
_SPACED = re.compile(rb'"\s+:')
_FRACTION = re.compile(rb"[\[,:]\s*-?[0-9]+[.eE]")
"""Numbers that are integers after one way of reading and fractions after the other."""


class Body:
    """A parsed body: the value, and the duplicate and unknown field findings in document order on demand."""

    __slots__ = ("duplicates", "raw", "value", "yaml_duplicates")

    def __init__(self, value: Any, raw: bytes, duplicates: bool, yaml_duplicates: list[str]) -> None:
        """Keep what was found while parsing."""
        self.value, self.raw, self.duplicates, self.yaml_duplicates = value, raw, duplicates, yaml_duplicates


class Pairs(list[tuple[str, Any]]):
    """An object as the list of its members, duplicates included."""


def check_size(body: bytes) -> None:
    """Raise 413 for a body over the limit."""
    if len(body) > MAX_BODY:
        raise StatusError(413, "RequestEntityTooLarge", f"Request entity too large: limit is {MAX_BODY}")


def parse_json(raw: bytes) -> Any:
    """Return the value; raises ValueError with the message of Go's JSON decoder."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ValueError(syntax_error(raw) or str(error)) from None
    return value


def has_duplicates(raw: bytes, value: Any) -> bool:
    """Whether any object of a JSON text names a key twice; `value` is what was read from the text."""
    if raw.count(b'":') == _count_keys(value) and not _SPACED.search(raw):
        return False  # no more keys in the text than in the value
    found = False

    def hook(pairs: list[tuple[str, Any]]) -> int:
        nonlocal found
        if len(pairs) > 1 and len({key for key, _ in pairs}) != len(pairs):
            found = True
        return 0

    try:
        json.loads(raw, object_pairs_hook=hook)
    except (ValueError, RecursionError):
        return False
    return found


def _count_keys(value: Any) -> int:
    count, level = 0, [value]
    for item in level:
        if isinstance(item, dict):
            count += len(item)
            level += [child for child in item.values() if isinstance(child, (dict, list))]
        elif isinstance(item, list):
            level += [child for child in item if isinstance(child, (dict, list))]
    return count


def _plain_json(raw: bytes) -> Any:
    """Return the value of a YAML body that is JSON and reads the same as either, None when it has to be read as YAML.

    Controllers send applied configurations so, and YAML takes twenty times as long.
    """
    if raw[:1] != b"{" or _FRACTION.search(raw):
        return None
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return None if has_duplicates(raw, value) else value


def parse_pairs(raw: bytes) -> Any:
    """Return a JSON text with objects as `Pairs`."""
    return json.loads(raw, object_pairs_hook=Pairs)


def read_body(raw: bytes, content_type: str, *, want_duplicates: bool) -> Body:
    """Parse a request body by its content type; raises StatusError or ValueError for text that cannot be read."""
    check_size(raw)
    kind = content_type.partition(";")[0].strip().lower()
    if kind in ("application/json", "", "*/*"):
        value = parse_json(raw)
        return Body(value, raw, want_duplicates and has_duplicates(raw, value), [])
    if kind in ("application/yaml", "text/yaml", "application/x-yaml"):
        from pilothouse.cluster.apiserver.http.yamlbody import parse_yaml

        plain = _plain_json(raw)
        value, repeated = parse_yaml(raw) if plain is None else (plain, [])
        return Body(value, b"", False, repeated)
    if kind == "application/vnd.kubernetes.protobuf":
        from pilothouse.api.scheme.protobuf import decode_protobuf

        return Body(decode_protobuf(raw), b"", False, [])
    text = f"the body of the request was in an unknown format - accepted media types include: {ACCEPTED}"
    raise StatusError(415, "UnsupportedMediaType", text)


ACCEPTED = "application/json, application/yaml, application/vnd.kubernetes.protobuf, application/cbor"


def check_depth(value: Any, limit: int = MAX_DEPTH) -> None:
    """Raise 400 for a value nested too deeply to be an object."""
    level = [value]
    for _ in range(limit):
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(child for child in item.values() if isinstance(child, (dict, list)))
            elif isinstance(item, list):
                below.extend(child for child in item if isinstance(child, (dict, list)))
        if not below:
            return
        level = below
    raise bad_request(f"the object is nested more than {limit} levels deep")
