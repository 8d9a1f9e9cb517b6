"""Which Applications an ApplicationSet creates, changes and deletes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from pilothouse.api.meta import Tree, annotations_of, labels_of, metadata, name_of
from pilothouse.api.patch.merge import apply_merge_patch
from pilothouse.delivery.gitops.engine.diff.ignore import IgnoreRule, RunJq, normalize
from pilothouse.delivery.gitops.errors import GeneratorFailed

Policy = Literal["sync", "create-only", "create-update", "create-delete"]
ALLOW_EMPTY = "pilothouse.dev/allow-empty"
"""The annotation that lets an ApplicationSet delete its last Applications by generating none."""
_META = ("name", "namespace", "labels", "annotations", "finalizers")
_HOOK_FINALIZERS = ("pre-delete-finalizer.argocd.argoproj.io", "post-delete-finalizer.argocd.argoproj.io")
"""Finalizers that belong to the Application controller."""
_KEPT_ANNOTATIONS = ("notified.notifications.argoproj.io", "argocd.argoproj.io/refresh", "argocd.argoproj.io/hydrate")


class Plan(msgspec.Struct):
    """What to do; `held` says why deletions are left undone."""

    create: list[Tree] = []
    change: list[tuple[Tree, Tree]] = []
    """Live Applications and what they become."""
    delete: list[Tree] = []
    held: str = ""


def plan_applications(
    tree: Tree, wanted: Sequence[Tree], live: Mapping[str, Tree], rules: list[IgnoreRule], run_jq: RunJq, *, is_complete: bool
) -> Plan:
    """Return what brings the live Applications (by name) to the wanted ones.

    Nothing is deleted when generating failed (`is_complete` is False), nor when it gave nothing at all, which is more often a
    mistake than a wish: an annotation says it is one. Raises `GeneratorFailed` when two have the same name.
    """
    policy = policy_of(tree)
    plan, names = Plan(), [name_of(one) for one in wanted]
    double = next((name for name in names if names.count(name) > 1), None) if len(set(names)) != len(names) else None
    if double is not None:
        raise GeneratorFailed(f"ApplicationSet {name_of(tree)} contains applications with duplicate name: {double}")
    for one in wanted:
        found = live.get(name_of(one))
        if found is None:
            plan.create.append(one)
        elif policy in ("sync", "create-update"):
            becomes = changed(tree, found, one, rules, run_jq)
            if becomes != found:
                plan.change.append((found, becomes))
    surplus = [found for name, found in live.items() if name not in set(names)]
    if not surplus or policy not in ("sync", "create-delete"):
        return plan
    if not is_complete:
        plan.held = f"{len(surplus)} Applications are not deleted because generating failed"
    elif not wanted and annotations_of(tree).get(ALLOW_EMPTY) != "true":
        plan.held = f"{len(surplus)} Applications are not deleted because none is generated; {ALLOW_EMPTY} allows it"
    else:
        plan.delete = surplus
    return plan


def policy_of(tree: Tree) -> Policy:
    """Return what an ApplicationSet may do with its Applications."""
    given = ((tree.get("spec") or {}).get("syncPolicy") or {}).get("applicationsSync")
    return given if given in ("create-only", "create-update", "create-delete") else "sync"


def changed(tree: Tree, live: Tree, wanted: Tree, rules: list[IgnoreRule], run_jq: RunJq) -> Tree:
    """Return a live Application with spec, labels, annotations and finalizers of the wanted one, but for what is ignored."""
    wanted = keeping_ignored(live, wanted, rules, run_jq)
    kept = ((tree.get("spec") or {}).get("preservedFields")) or {}
    annotations = {**_of(annotations_of(live), kept.get("annotations")), **annotations_of(wanted)}
    labels = {**_of(labels_of(live), kept.get("labels"), own=()), **labels_of(wanted)}
    meta = {key: value for key, value in metadata(live).items() if key not in ("labels", "annotations", "finalizers")}
    hooks = [name for name in metadata(live).get("finalizers") or () if name.startswith(_HOOK_FINALIZERS)]
    finalizers = [*(metadata(wanted).get("finalizers") or ()), *hooks]
    given = {"labels": labels, "annotations": annotations, "finalizers": finalizers}
    meta |= {key: value for key, value in given.items() if value}
    return {**live, "metadata": meta, "spec": wanted.get("spec") or {}}


def _of(found: Mapping[str, str], names: Sequence[str] | None, own: Sequence[str] = _KEPT_ANNOTATIONS) -> dict[str, str]:
    kept = {*(names or ()), *own}
    return {key: value for key, value in found.items() if key in kept or key.partition("/")[0] == "notified"}


def keeping_ignored(live: Tree, wanted: Tree, rules: list[IgnoreRule], run_jq: RunJq) -> Tree:
    """Return the wanted Application with the live values of the fields that rules ignore."""
    if not rules:
        return wanted
    kind = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application"}
    meta = metadata(wanted)
    named = {key: meta[key] for key in ("name", "namespace") if key in meta}
    ours = {**kind, **{key: value for key, value in live.items() if key in ("metadata", "spec")}}
    ours = {**ours, "metadata": {key: value for key, value in metadata(live).items() if key in _META}}
    before, after = (_without_empty(normalize(side, rules, run_jq)) for side in (ours, {**kind, **wanted}))
    found: Tree = apply_merge_patch(ours, merge_patch(before, after))
    given = {key: found[key] for key in found if key in wanted or key in live}
    return {**given, "metadata": {**(found.get("metadata") or {}), **named}} if found.get("metadata") else given


def _without_empty(value: Any) -> Any:
    """Return a value without empty tables: taking a field out may leave one, which says nothing."""
    if isinstance(value, dict):
        return {key: found for key, below in value.items() if (found := _without_empty(below)) != {}}
    return [_without_empty(item) for item in value] if isinstance(value, list) else value


def merge_patch(before: Any, after: Any) -> Any:
    """Return the merge patch (RFC 7386) from one value to another; lists that have the same length are not taken apart."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return after
    patch: dict[str, Any] = {key: None for key in before if key not in after}
    for key, value in after.items():
        if key not in before:
            patch[key] = value
        elif before[key] != value:
            patch[key] = merge_patch(before[key], value)
    return patch
