"""The history of a template as ControllerRevisions: what `kubectl rollout history` shows and `rollout undo` goes back to.

DaemonSets and StatefulSets write one revision per template. A template that comes back gets the highest number again, and what
is older than revisionHistoryLimit and runs nowhere is deleted. Source: the ControllerRevision API and its use by kubectl.
"""

from __future__ import annotations

import msgspec

from pilothouse.api.meta import Tree, annotations_of, controller_of, labels_of, metadata, name_of, owner_reference, uid_of
from pilothouse.cluster.workloads.pods.templates import template_hash

REVISION_LABEL = "controller-revision-hash"
DEFAULT_LIMIT = 10


class HistoryPlan(msgspec.Struct, frozen=True):
    """What to do with the revisions of one set."""

    create: Tree | None = None
    renumber: Tree | None = None
    """The revision of the present template with the number it should have."""
    delete: tuple[str, ...] = ()


def revision_name(owner: Tree) -> str:
    """Return the name of the ControllerRevision of the present template."""
    return f"{name_of(owner)}-{template_hash(owner['spec']['template'])}"


def controller_revision(owner: Tree, number: int) -> Tree:
    """Return the ControllerRevision to store for the present template."""
    spec, name = owner["spec"], revision_name(owner)
    labels = {**(spec["selector"].get("matchLabels") or {}), "controller.kubernetes.io/hash": name.rpartition("-")[2]}
    meta = {
        "name": name, "namespace": metadata(owner)["namespace"], "labels": labels,
        "annotations": dict(annotations_of(owner)), "ownerReferences": [owner_reference(owner)],
    }  # fmt: skip
    data = {"spec": {"template": {**spec["template"], "$patch": "replace"}}}
    return {"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": meta, "data": data, "revision": number}


def plan_history(owner: Tree, revisions: list[Tree], pods: list[Tree]) -> HistoryPlan:
    """Compare the present template with the revisions of the namespace."""
    own = sorted((each for each in revisions if (controller_of(each) or {}).get("uid") == uid_of(owner)), key=_number)
    present = next((each for each in own if name_of(each) == revision_name(owner)), None)
    newest = _number(own[-1]) if own else 0
    create = renumber = None
    if present is None:
        create = controller_revision(owner, newest + 1)
    elif present is not own[-1]:
        renumber = {**present, "revision": newest + 1}
    status = owner.get("status") or {}
    used = {revision_name(owner), status.get("currentRevision"), *(_revision_of(owner, pod) for pod in pods)}
    limit = owner["spec"].get("revisionHistoryLimit")
    unused = [name_of(each) for each in own if name_of(each) not in used]
    surplus = max(0, len(unused) - (DEFAULT_LIMIT if limit is None else int(limit)))
    return HistoryPlan(create, renumber, tuple(unused[:surplus]))


def _number(revision: Tree) -> int:
    return int(revision.get("revision") or 0)


def _revision_of(owner: Tree, pod: Tree) -> str:
    """Pods of a StatefulSet carry the revision's name, those of a DaemonSet its hash alone."""
    label = labels_of(pod).get(REVISION_LABEL, "")
    return label if label.startswith(f"{name_of(owner)}-") else f"{name_of(owner)}-{label}"
