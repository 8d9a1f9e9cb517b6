"""Cut rendered text into documents, read their heads, tell hooks from manifests, and sort both for installation.

Called by `render`. Every document is parsed, because Helm refuses a render with one bad document.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from pilothouse.delivery.charts.engine.functions.convert import parse_integer
from pilothouse.delivery.charts.engine.functions.markup import yaml_error
from pilothouse.delivery.charts.engine.rendering.documents import kind_rank, split_documents
from pilothouse.delivery.charts.engine.yaml.reader import YamlError, read_yaml
from pilothouse.delivery.charts.errors import RenderFailed
from pilothouse.delivery.charts.types import Hook, Manifest

__all__ = ["HeadRow", "Heads", "sort_rendered", "split_documents"]

_EVENTS = frozenset(
    ("pre-install", "post-install", "pre-delete", "post-delete", "pre-upgrade", "post-upgrade", "pre-rollback",
     "post-rollback", "test", "test-success")
)  # fmt: skip
_HOOK = "helm.sh/hook"
_WORTH_STORING = 4096
"""Characters from which on reading a document takes longer than looking it up."""
_MAX_REMEMBERED = 32 * 1024 * 1024
_META_TYPE = 'struct { Name string "json:\\"name\\""; Annotations map[string]string "json:\\"annotations\\"" }'


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _words(annotations: dict[str, Any], name: str) -> tuple[str, ...]:
    value = _text(annotations.get(name))
    return tuple(w.strip().lower() for w in value.split(",")) if value else ()


HeadRow = tuple[str, str, str, dict[str, Any]]
"""A head as it is stored: apiVersion, kind, name and annotations."""


class Head(msgspec.Struct, frozen=True):
    """What Helm reads of a document."""

    api_version: str
    kind: str
    name: str
    annotations: dict[str, Any]


class Heads:
    """The heads of documents by text: one that did not change since the last render is not parsed again.

    `stored` are those of an earlier run by the digest of their text; `rows` are what a store may keep for the next one.
    """

    def __init__(self, stored: Mapping[bytes, HeadRow] | None = None) -> None:
        self._known: dict[str, Head] = {}
        self._room = _MAX_REMEMBERED
        self._stored = stored or {}
        self.rows: dict[bytes, HeadRow] = {}
        self.has_news = False
        """Whether a long document was read that a store does not have."""

    def of(self, source: str, text: str) -> Head:
        """Return the head of a document of the file `source`; raises RenderFailed for bad YAML."""
        head = self._known.get(text)
        if head is None:
            head = self._read(source, text) if len(text) >= _WORTH_STORING else _head(source, text)
            self._room -= len(text)
            if self._room < 0:
                self._known.clear()
                self._room = _MAX_REMEMBERED - len(text)
            self._known[text] = head
        return head

    def _read(self, source: str, text: str) -> Head:
        digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
        row = self._stored.get(digest)
        if row is None:
            head = _head(source, text)
            row = (head.api_version, head.kind, head.name, head.annotations)
            self.has_news = True
        self.rows[digest] = row
        return Head(*row)


def _hook(source: str, text: str, head: Head) -> Hook | None:
    annotations = head.annotations
    events = _words(annotations, _HOOK)
    if any(event not in _EVENTS for event in events):
        return None
    weight = parse_integer(_text(annotations.get("helm.sh/hook-weight")))
    return Hook(
        source=source,
        text=text,
        kind=head.kind,
        name=head.name,
        events=tuple("test" if e == "test-success" else e for e in events),
        weight=weight or 0,
        delete_policies=_words(annotations, "helm.sh/hook-delete-policy"),
        output_log_policies=_words(annotations, "helm.sh/hook-output-log-policy"),
    )


def _head(source: str, text: str) -> Head:
    try:
        value = read_yaml(text)
    except YamlError as error:
        raise RenderFailed(f"YAML parse error on {source}: {yaml_error(error)}") from None
    if value is None:
        return Head("", "", "", {})
    if not isinstance(value, dict):
        kind = "array" if isinstance(value, list) else "string" if isinstance(value, str) else "number"
        if isinstance(value, bool):
            kind = "bool"
        raise RenderFailed(
            f"YAML parse error on {source}: error unmarshaling JSON: while decoding JSON: "
            f"json: cannot unmarshal {kind} into Go value of type util.SimpleHead"
        )
    _check_head(source, value)
    meta = value.get("metadata") or {}
    return Head(_text(value.get("apiVersion")), _text(value.get("kind")), _text(meta.get("name")), meta.get("annotations") or {})


def _check_head(source: str, head: dict[str, Any]) -> None:
    problem = ""
    meta = head.get("metadata")
    if meta is not None and not isinstance(meta, dict):
        problem = f"{_kind(meta)} into Go struct field SimpleHead.metadata of type {_META_TYPE}"
    annotations = meta.get("annotations") if isinstance(meta, dict) else None
    if isinstance(annotations, dict):
        bad = next((v for v in annotations.values() if isinstance(v, (dict, list))), None)
        if bad is not None:
            problem = f"{_kind(bad)} into Go struct field .metadata.annotations of type string"
    elif annotations is not None:
        problem = f"{_kind(annotations)} into Go struct field .metadata.annotations of type map[string]string"
    if problem:
        raise RenderFailed(
            f"YAML parse error on {source}: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {problem}"
        )


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    names: dict[type, str] = {dict: "object", list: "array", str: "string"}
    return names.get(type(value), "number")


def sort_rendered(files: dict[str, str], heads: Heads | None = None) -> tuple[tuple[Manifest, ...], tuple[Hook, ...]]:
    """Return manifests and hooks of all rendered files in install order; raises RenderFailed for bad YAML."""
    heads = heads or Heads()
    manifests: list[Manifest] = []
    hooks: list[Hook] = []
    for source in sorted(files):
        if source.rsplit("/", 1)[-1].startswith("_") or not files[source].strip():
            continue
        for text in split_documents(files[source]):
            head = heads.of(source, text)
            if _HOOK in head.annotations:
                hook = _hook(source, text, head)
                if hook is not None:
                    hooks.append(hook)
                continue
            manifests.append(Manifest(source, text, head.api_version, head.kind, head.name))
    manifests.sort(key=lambda m: kind_rank(m.kind))
    hooks.sort(key=lambda h: kind_rank(h.kind))
    return tuple(manifests), tuple(hooks)
