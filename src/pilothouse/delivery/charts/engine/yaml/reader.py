"""Read YAML to Go values: libyaml's events, resolved and composed by Go's rules.

Called for values files, Chart.yaml, fromYaml and rendered manifests. Numbers become floats (that is what Helm sees), aliases
and depth are limited, and the error texts are those of Go's library.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

import yaml
from yaml import events as ev
from yaml._yaml import CParser

from pilothouse.delivery.charts.engine.values.floats import format_shortest
from pilothouse.delivery.charts.engine.values.kinds import Int64
from pilothouse.delivery.charts.engine.yaml.resolve import PLAIN, resolve_plain

MAX_DEPTH = 900
MAX_NODES = 3_000_000
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_ALIAS_ALLOWANCE = 400_000
_CORE = "tag:yaml.org,2002:"


class YamlError(ValueError):
    """The text is not acceptable YAML; the message is Go's, without a prefix."""


class _Merge:
    """The key `<<`."""


_MERGE = _Merge()


def _go_problem(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark
    line = mark.line if mark is not None else 0
    if line == 0 and error.context_mark is not None:
        line = error.context_mark.line
    elif line and isinstance(error, yaml.scanner.ScannerError):
        line += 1
    where = f"line {line}: " if line else ""
    return f"yaml: {where}{error.problem or 'unknown problem parsing YAML content'}"


class Composer:
    """Composes one document from events."""

    whole: Callable[[int], Any] = float
    """What a whole number becomes."""
    words: frozenset[str] = frozenset()
    """Plain scalars that are text after all."""

    def __init__(self, text: str) -> None:
        self.parser: Any = CParser(text)
        self.anchors: dict[str, Any] = {}
        self.sizes: dict[str, int] = {}
        self.open: set[str] = set()
        self.nodes = 0
        self.depth = 0

    def event(self) -> Any:
        """Return the next event; raises YamlError."""
        try:
            return self.parser.get_event()
        except yaml.MarkedYAMLError as error:
            raise YamlError(_go_problem(error)) from None
        except yaml.reader.ReaderError as error:
            raise YamlError(_reader_problem(error)) from None
        except (UnicodeError, ValueError) as error:
            raise YamlError(f"yaml: {error}") from None

    def document(self) -> Any:
        """Return the value of the first document, None when there is none."""
        self.event()
        first = self.event()
        if isinstance(first, ev.StreamEndEvent):
            return None
        value = self.node(self.event())
        self.event()
        return None if value is _MERGE else value

    def node(self, event: Any) -> Any:
        """Compose the node that starts with `event`."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise YamlError("yaml: the document has too many nodes")
        if isinstance(event, ev.AliasEvent):
            return self._alias(event)
        anchor = event.anchor
        before = self.nodes
        if isinstance(event, ev.ScalarEvent):
            value = self._scalar(event)
        else:
            if anchor is not None:
                self.open.add(anchor)
                self.anchors.pop(anchor, None)
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise YamlError("yaml: exceeded max depth of 10000")
            value = self._mapping() if isinstance(event, ev.MappingStartEvent) else self._sequence()
            self.depth -= 1
        if anchor is not None:
            self.open.discard(anchor)
            self.anchors[anchor] = value
            self.sizes[anchor] = self.nodes - before + 1
        return value

    def _alias(self, event: Any) -> Any:
        name = event.anchor
        if name in self.open:
            raise YamlError(f"yaml: anchor '{name}' value contains itself")
        if name not in self.anchors:
            raise YamlError(f"yaml: unknown anchor '{name}' referenced")
        self.nodes += self.sizes[name]
        if (self.nodes > _ALIAS_ALLOWANCE and self.nodes > 20 * (self.nodes - self.sizes[name] + 1)) or self.nodes > (MAX_NODES):
            raise YamlError("yaml: document contains excessive aliasing")
        return _copied(self.anchors[name])

    def _sequence(self) -> list[Any]:
        out: list[Any] = []
        while not isinstance(event := self.event(), ev.SequenceEndEvent):
            value = self.node(event)
            out.append("<<" if value is _MERGE else value)
        return out

    def _mapping(self) -> dict[str, Any]:
        out: dict[str, Any] = {}
        merged: list[Any] = []
        while not isinstance(event := self.event(), ev.MappingEndEvent):
            key = self.node(event)
            value = self.node(self.event())
            if value is _MERGE:
                value = "<<"
            if key is _MERGE:
                merged.append(value)
            else:
                out[_key_text(key, value)] = value
        for source in merged:
            _merge(out, source)
        return out

    def _scalar(self, event: Any) -> Any:
        tag = event.tag
        text: str = event.value
        if event.style in (None, "") and tag is None:
            if text == "<<":
                return _MERGE
            value = resolve_plain(text)
            if value is PLAIN or text in self.words:
                return text
            return self.whole(value) if type(value) is int else value
        if tag is None or tag == "!":
            return text
        value = _tagged(tag, text)
        return self.whole(value) if type(value) is int else value


def _tagged(tag: str, text: str) -> Any:
    if not tag.startswith(_CORE):
        return text
    name = tag[len(_CORE) :]
    if name == "binary":
        try:
            return base64.b64decode(text).decode("utf-8", "surrogateescape")
        except (binascii.Error, ValueError):
            raise YamlError("yaml: !!binary value contains invalid base64 data") from None
    if name not in ("int", "float", "bool", "null"):
        return text
    value = resolve_plain(text)
    kinds: dict[str, Any] = {"int": int, "float": (int, float), "bool": bool, "null": type(None)}
    if value is PLAIN or not isinstance(value, kinds[name]) or (name == "int" and isinstance(value, bool)):
        raise YamlError(f"yaml: cannot decode !!{_short_tag(value)} `{text}` as a !!{name}")
    return value


def _short_tag(value: Any) -> str:
    if value is PLAIN:
        return "str"
    if isinstance(value, bool):
        return "bool"
    return "null" if value is None else "int" if isinstance(value, int) else "float"


def _reader_problem(error: yaml.reader.ReaderError) -> str:
    reason = str(error.reason)
    return f"yaml: {reason}"


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _copied(v) for k, v in value.items()}
    return [_copied(v) for v in value] if isinstance(value, list) else value


def _key_text(key: Any, value: Any) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, int):
        return str(int(key))
    if isinstance(key, float):
        text = str(int(key)) if key - key == 0 and key == int(key) and abs(key) < 1 << 63 else format_shortest(key)
        return {"+Inf": ".inf", "-Inf": "-.inf", "NaN": ".nan"}.get(text, text)
    if isinstance(key, (dict, list)):
        raise YamlError(f"yaml: invalid map key: {_go_syntax(key)}")
    raise YamlError(f"unsupported map key of type: %!s(<nil>), key: <nil>, value: {_go_syntax(value)}")


def _go_syntax(value: Any) -> str:
    from pilothouse.delivery.charts.engine.values.printf import sprintf

    return sprintf("%+#v", _whole(value)).replace("map[string]interface {}", "map[interface {}]interface {}")


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _whole(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_whole(v) for v in value]
    return int(value) if isinstance(value, float) and value - value == 0 and value == int(value) else value


def _merge(target: dict[str, Any], source: Any) -> None:
    sources = source if isinstance(source, list) else [source]
    if not all(isinstance(s, dict) for s in sources):
        raise YamlError("yaml: map merge requires map or sequence of maps as the value")
    for one in sources:
        for key, value in one.items():
            target.setdefault(key, value)


def _int64(value: int) -> Any:
    return Int64(value) if -(1 << 63) <= value < 1 << 63 else float(value)


class ExactComposer(Composer):
    """Composes values in which whole numbers are int64, where they fit."""

    whole = staticmethod(_int64)


def check_text(text: str) -> str:
    """Return the text without a byte order mark; raises YamlError for what no YAML text may hold."""
    text = text.removeprefix("\ufeff")
    if _CONTROL.search(text):
        raise YamlError("yaml: control characters are not allowed")
    if not text.isascii() and re.search("[\udc80-\udcff]", text):
        raise YamlError("yaml: invalid leading UTF-8 octet")
    return text


def read_yaml(text: str, *, exact: bool = False) -> Any:
    """Read the first document of `text`, `exact` with int64 numbers; raises YamlError with Go's message."""
    return (ExactComposer if exact else Composer)(check_text(text)).document()


def json_compatible(value: Any) -> None:
    """Raise YamlError for the numbers JSON cannot hold, which Helm meets when it turns YAML to JSON."""
    if isinstance(value, dict):
        for inner in value.values():
            json_compatible(inner)
    elif isinstance(value, list):
        for inner in value:
            json_compatible(inner)
    elif isinstance(value, float) and (value - value) != 0:
        raise YamlError(f"json: unsupported value: {format_shortest(value)}")
