"""YAML bodies: one document, bounded aliases, duplicate keys reported, scalars as the reference decoder reads them."""

from __future__ import annotations

from typing import Any

import yaml

from pilothouse.api.findings import quote
from pilothouse.api.yamltext import ManifestLoader, check_yaml

_TEXT_TAGS = {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:binary", "tag:yaml.org,2002:value"}


def parse_yaml(raw: bytes) -> tuple[Any, list[str]]:
    """Return (value, duplicate key findings); raises ValueError."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("yaml: invalid leading UTF-8 octet") from None
    check_yaml(text)
    loader = ManifestLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None, []
        repeated: list[str] = []
        return _Builder(loader, repeated).build(node), repeated
    except yaml.YAMLError as error:
        raise ValueError(_message(error)) from None
    finally:
        loader.dispose()


def _message(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).split("\n", 1)[0]
    if mark is None:
        return f"yaml: {problem}"
    line = mark.line + 1 if isinstance(error, yaml.scanner.ScannerError) else max(1, mark.line)
    return f"yaml: line {line}: {problem}"


class _Builder:
    def __init__(self, loader: Any, repeated: list[str]) -> None:
        self.loader, self.repeated = loader, repeated

    def build(self, node: yaml.Node) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child) for child in node.value]
        if node.tag in _TEXT_TAGS:
            return node.value
        return self.loader.construct_object(node, deep=True)

    def mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        self.loader.flatten_mapping(node)
        out: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self.build(key_node)
            text = key if isinstance(key, str) else str(key_node.value)
            if text in out:
                self.repeated.append(f"line {key_node.start_mark.line + 1}: key {quote(text)} already set in map")
            out[text] = self.build(value_node)
        return out
