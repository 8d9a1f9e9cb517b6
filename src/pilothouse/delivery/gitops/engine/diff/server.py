"""Comparison by what the API server says an apply would store (a dry run)."""

from __future__ import annotations

import json
from typing import Any

from pilothouse.api.fields.sets import FieldSet
from pilothouse.api.meta import Tree, metadata
from pilothouse.delivery.gitops.engine.diff.normal import compared, without_bookkeeping
from pilothouse.delivery.gitops.engine.diff.outcome import Diff, Normalizer, unchanged

_ABSENT: Any = object()
_NOTHING = FieldSet()


def diff_predicted(
    live: Tree, predicted: Tree, manager: str, normalizer: Normalizer = unchanged, *, ignores_mutations: bool = True
) -> Diff:
    """Compare a live object with the answer of a dry-run apply.

    With `ignores_mutations`, changes of fields that the manager does not own are taken back: an admission webhook made them.
    """
    if ignores_mutations:
        predicted = own_changes(live, predicted, manager)
    left, right = normalizer(without_bookkeeping(predicted)), normalizer(without_bookkeeping(live))
    return Diff(compared(left) != compared(right), left, right)


def fields_of(tree: Tree, manager: str) -> FieldSet:
    """Return the fields a manager owns."""
    found = FieldSet()
    for entry in metadata(tree).get("managedFields") or ():
        if entry.get("manager") == manager and isinstance(entry.get("fieldsV1"), dict):
            found = found.union(FieldSet.from_fields(entry["fieldsV1"]))
    return found


def own_changes(live: Tree, predicted: Tree, manager: str) -> Tree:
    """Return the prediction with only those changes that the manager itself makes."""
    before, after = fields_of(live, manager), fields_of(predicted, manager)
    if not after:
        return predicted
    body: Tree = _keep(live, predicted, before, after)
    return {**body, "apiVersion": predicted["apiVersion"], "kind": predicted["kind"]}


def spared(paths: list[list[str]], owned: list[list[str]]) -> list[list[str]]:
    """Return the paths that may be removed: those that lead to nothing a manager owns."""
    return [path for path in paths if not any(other[: len(path)] == path for other in owned)]


def _below(fields: FieldSet, element: str) -> FieldSet:
    return fields.children.get(element, _NOTHING)


def _owns(fields: FieldSet, element: str) -> bool:
    return element in fields.members or bool(fields.children.get(element))


def _keep(live: Any, predicted: Any, before: FieldSet, after: FieldSet) -> Any:
    if live == predicted:
        return predicted
    if isinstance(predicted, dict) and (live is _ABSENT or isinstance(live, dict)):
        return _keep_map({} if live is _ABSENT else live, predicted, before, after)
    if isinstance(predicted, list) and (live is _ABSENT or isinstance(live, list)):
        return _keep_list([] if live is _ABSENT else live, predicted, before, after)
    return predicted


def _keep_map(live: dict[str, Any], predicted: dict[str, Any], before: FieldSet, after: FieldSet) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key in (*predicted, *(key for key in live if key not in predicted)):
        element = f"f:{key}"
        value = _kept(live.get(key, _ABSENT), predicted.get(key, _ABSENT), before, after, element)
        if value is not _ABSENT:
            kept[key] = value
    return kept


def _kept(live: Any, predicted: Any, before: FieldSet, after: FieldSet, element: str) -> Any:
    """Return what stays at one place: the prediction where the manager owns it, else what is there."""
    if predicted is _ABSENT:
        return _ABSENT if _owns(before, element) else live
    below_before, below_after = _below(before, element), _below(after, element)
    if not _owns(after, element) and (live is _ABSENT or not below_before):
        return live
    return _keep(live, predicted, below_before, below_after) if below_before or below_after else predicted


def _keep_list(live: list[Any], predicted: list[Any], before: FieldSet, after: FieldSet) -> list[Any]:
    elements = [*after.children, *after.members]
    if not any(element.startswith(("k:", "v:")) for element in elements):
        return predicted
    kept: list[Any] = []
    used: list[int] = []
    for item in predicted:
        place = next((at for at, other in enumerate(live) if at not in used and _same(item, other, elements)), None)
        if place is not None:
            used.append(place)
        element = _element(item, elements)
        value = _kept(live[place] if place is not None else _ABSENT, item, before, after, element)
        if value is not _ABSENT:
            kept.append(_with_keys(value, item, element))
    lost = [item for at, item in enumerate(live) if at not in used]
    return kept + [item for item in lost if not _owns(before, _element(item, [*before.children, *before.members]))]


def _with_keys(value: Any, item: Any, element: str) -> Any:
    """Return a list item with the fields that tell it apart, whoever set them."""
    if not element.startswith("k:") or not isinstance(value, dict):
        return value
    return {**value, **{key: item[key] for key in json.loads(element[2:]) if key in item}}


def _element(item: Any, elements: list[str]) -> str:
    """Return the element of a list item among those that are owned; one that nobody owns has none."""
    return next((element for element in elements if _is_named(item, element)), "")


def _is_named(item: Any, element: str) -> bool:
    try:
        value = json.loads(element[2:])
    except ValueError:
        return False
    if element.startswith("k:"):
        return isinstance(item, dict) and all(item.get(key) == wanted for key, wanted in value.items())
    return bool(item == value)


def _same(item: Any, other: Any, elements: list[str]) -> bool:
    """Whether two list items are one: equal in all fields that tell items apart."""
    keys = next((list(json.loads(element[2:])) for element in elements if element.startswith("k:")), None)
    if keys is None or not isinstance(item, dict) or not isinstance(other, dict):
        return bool(item == other)
    return all(item.get(key) == other.get(key) for key in keys)
