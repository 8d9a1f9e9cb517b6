"""Patches: which resources they are for, and how they change them."""

from __future__ import annotations

import copy
from functools import lru_cache
from typing import Any

import msgspec
import re2

from pilothouse.api.patch.json import apply_json_patch
from pilothouse.api.schema.node import Schema
from pilothouse.api.selectors import parse_label_selector
from pilothouse.delivery.gitops.engine.kustomize.errors import KustomizationInvalid
from pilothouse.delivery.gitops.engine.kustomize.resources import Id, Res, Resources, known_kind
from pilothouse.delivery.gitops.engine.kustomize.strategic import merge
from pilothouse.kit.errors import PilothouseError


class Selector(msgspec.Struct, frozen=True):
    """Which resources are meant: whole-word expressions, and selectors of labels and annotations."""

    group: str = ""
    version: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""
    labels: str = ""
    annotations: str = ""


def read_selector(raw: Any) -> Selector:
    """Return a selector as kustomizations write it; raises `KustomizationInvalid`."""
    if not isinstance(raw, dict):
        raise KustomizationInvalid("a target is no map")
    names = {"labelSelector": "labels", "annotationSelector": "annotations"}
    known = {field.name for field in msgspec.structs.fields(Selector)} - {"labels", "annotations"}
    unknown = set(raw) - known - set(names)
    if unknown:
        raise KustomizationInvalid(f"a target has unknown fields: {', '.join(sorted(map(str, unknown)))}")
    return Selector(**{names.get(str(key), str(key)): str(value) for key, value in raw.items() if value is not None})


@lru_cache(512)
def _expression(text: str) -> Any:
    try:
        return re2.compile(f"^(?:{text})$")
    except re2.error:
        raise KustomizationInvalid(f"{text!r} is no regular expression") from None


def _is(pattern: str, *values: str) -> bool:
    return not pattern or any(_expression(pattern).search(value) is not None for value in values)


def is_selected(selector: Selector, res: Res) -> bool:
    """Whether a selector means a resource, by what it is or was called."""
    now, first = res.id, res.original
    return (
        _is(selector.group, now.group) and _is(selector.version, now.version) and _is(selector.kind, now.kind)
        and _is(selector.name, now.name, first.name)
        and _is(selector.namespace, now.namespace or "default", first.namespace or "default")
        and _has(selector.labels, res.meta.get("labels")) and _has(selector.annotations, res.meta.get("annotations"))
    )  # fmt: skip


def _has(selector: str, values: Any) -> bool:
    if not selector:
        return True
    try:
        found = parse_label_selector(selector)
    except PilothouseError as error:
        raise KustomizationInvalid(f"{selector!r} is no selector: {error.message}") from None
    return found.matches({str(key): str(value) for key, value in (values or {}).items()})


def schema_of(res: Res) -> Schema | None:
    """Return the schema of a built-in kind."""
    known = known_kind(str(res.tree.get("apiVersion") or ""), res.kind)
    return known.schema if known is not None else None


def apply_strategic(resources: Resources, res: Res, patch: dict[str, Any], *, keep_name: bool, keep_kind: bool) -> None:
    """Merge a patch into one resource, which is dropped when the patch says so."""
    body = copy.deepcopy(patch)
    meta = dict(body.get("metadata") or {})
    if keep_name:
        meta.pop("name", None)
        meta.pop("namespace", None)
    body["metadata"] = meta
    if not meta:
        del body["metadata"]
    if keep_kind:
        body.pop("kind", None)
        body.pop("apiVersion", None)
    found = merge(res.tree, body, schema_of(res))
    if found is None:
        resources.remove(res)
        return
    _take(res, found)


def _take(res: Res, tree: dict[str, Any]) -> None:
    res.remember()
    res.tree = tree


def apply_json(res: Res, operations: list[Any]) -> None:
    """Apply a JSON patch to one resource; raises `KustomizationInvalid`."""
    before = res.id
    try:
        found = apply_json_patch(copy.deepcopy(res.tree), operations)
    except PilothouseError as error:
        raise KustomizationInvalid(f"the JSON patch of {before} fails: {error.message}") from None
    if not isinstance(found, dict) or not isinstance(found.get("metadata"), dict):
        raise KustomizationInvalid(f"the JSON patch of {before} leaves no object")
    _take(res, found)


def id_of(patch: dict[str, Any]) -> Id:
    """Return what a patch is for; raises `KustomizationInvalid` when it does not say."""
    meta = patch.get("metadata")
    if not patch.get("kind") or not isinstance(meta, dict) or not meta.get("name"):
        raise KustomizationInvalid("a strategic merge patch needs apiVersion, kind and metadata.name, or a target")
    return Res({"apiVersion": patch.get("apiVersion"), "kind": patch["kind"], "metadata": meta}).id
