"""The rules of a rollout: which ReplicaSet is the current one, and how many replicas each should have now."""

from __future__ import annotations

import msgspec

from pilothouse.api.meta import Tree, annotations_of, labels_of, metadata, name_of, owner_reference, uid_of
from pilothouse.cluster.workloads.pods import TEMPLATE_HASH, int_or_percent, template_hash

REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
_HISTORY_LENGTH = 2000
"""The most characters of that annotation, as upstream keeps it."""
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"
_NOT_COPIED = {"kubectl.kubernetes.io/last-applied-configuration", REVISION, DESIRED, MAXIMUM}


class Limits(msgspec.Struct, frozen=True):
    """Bounds of a rolling update, as numbers of Pods."""

    wanted: int
    surge: int
    unavailable: int


def limits_of(deployment: Tree) -> Limits:
    """Return the bounds; both zero would never move, so one Pod may then be unavailable."""
    spec = deployment["spec"]
    wanted = 1 if spec.get("replicas") is None else int(spec["replicas"])
    strategy = spec.get("strategy") or {}
    if strategy.get("type") == "Recreate":
        return Limits(wanted, 0, wanted)
    rolling = strategy.get("rollingUpdate") or {}
    surge = int_or_percent(rolling.get("maxSurge", "25%"), wanted, round_up=True)
    unavailable = min(wanted, int_or_percent(rolling.get("maxUnavailable", "25%"), wanted, round_up=False))
    return Limits(wanted, surge, unavailable if surge or unavailable else 1)


def _comparable(template: Tree) -> Tree:
    meta = dict(template.get("metadata") or {})
    meta["labels"] = {key: value for key, value in (meta.get("labels") or {}).items() if key != TEMPLATE_HASH}
    return {**template, "metadata": {key: value for key, value in meta.items() if value}}


def current_set(deployment: Tree, replica_sets: list[Tree]) -> Tree | None:
    """Return the ReplicaSet of the Deployment's present template, the oldest when there are several."""
    wanted = _comparable(deployment["spec"]["template"])
    found = [rs for rs in replica_sets if _comparable(rs["spec"]["template"]) == wanted]
    return min(found, key=lambda rs: (metadata(rs).get("creationTimestamp", ""), name_of(rs)), default=None)


def revision_of(replica_set: Tree) -> int:
    """Return the revision a ReplicaSet was given."""
    text = annotations_of(replica_set).get(REVISION, "0")
    return int(text) if text.isdigit() else 0


def new_set(deployment: Tree, revision: int, replicas: int) -> Tree:
    """Return the ReplicaSet to create for the present template."""
    spec = deployment["spec"]
    collisions = int((deployment.get("status") or {}).get("collisionCount") or 0)
    digest = template_hash(spec["template"], collisions)
    template_meta = spec["template"].get("metadata") or {}
    labels = {**(template_meta.get("labels") or {}), TEMPLATE_HASH: digest}
    selector = dict(spec["selector"])
    selector["matchLabels"] = {**(selector.get("matchLabels") or {}), TEMPLATE_HASH: digest}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{name_of(deployment)}-{digest}",
            "namespace": metadata(deployment)["namespace"],
            "labels": labels,
            "annotations": set_annotations(deployment, {}, revision),
            "ownerReferences": [owner_reference(deployment)],
        },
        "spec": {
            "replicas": replicas,
            "minReadySeconds": int(spec.get("minReadySeconds") or 0),
            "selector": selector,
            "template": {**spec["template"], "metadata": {**template_meta, "labels": labels}},
        },
    }


def set_annotations(deployment: Tree, existing: dict[str, str], revision: int) -> dict[str, str]:
    """Return the annotations of a ReplicaSet: those of the Deployment, and the bookkeeping of the rollout."""
    limits = limits_of(deployment)
    copied = {key: value for key, value in annotations_of(deployment).items() if key not in _NOT_COPIED}
    return {
        **existing,
        **copied,
        **_history(existing, revision),
        REVISION: str(revision),
        DESIRED: str(limits.wanted),
        MAXIMUM: str(limits.wanted + limits.surge),
    }


def _history(existing: dict[str, str], revision: int) -> dict[str, str]:
    """Return the revisions a ReplicaSet had before this one: going back to a template gives its set a new number."""
    before = existing.get(REVISION, "")
    if not before or int(before) >= revision:
        return {}
    known = [one for one in existing.get(HISTORY, "").split(",") if one]
    if before not in known:
        known.append(before)
    while len(",".join(known)) > _HISTORY_LENGTH:
        known.pop(0)
    return {HISTORY: ",".join(known)}


def replicas_of(replica_set: Tree) -> int:
    """Return spec.replicas of a ReplicaSet."""
    return int(replica_set["spec"].get("replicas") or 0)


def available_of(replica_set: Tree) -> int:
    """Return how many Pods of a ReplicaSet are available."""
    return int((replica_set.get("status") or {}).get("availableReplicas") or 0)


def plan_scale(deployment: Tree, current: Tree | None, others: list[Tree]) -> dict[str, int]:
    """Return the replicas each ReplicaSet (by name) should have now; unchanged ones are left out."""
    limits = limits_of(deployment)
    wishes: dict[str, int] = {}
    if (deployment["spec"].get("strategy") or {}).get("type") == "Recreate":
        return _plan_recreate(limits, current, others)
    if deployment["spec"].get("paused"):
        return {name_of(current): limits.wanted} if current and not any(map(replicas_of, others)) else {}
    total = sum(map(replicas_of, others)) + (replicas_of(current) if current else 0)
    if current is not None:
        room = limits.wanted + limits.surge - total
        target = min(limits.wanted, replicas_of(current) + max(0, room))
        if target != replicas_of(current):
            wishes[name_of(current)] = target
    wishes.update(_plan_scale_down(limits, current, others))
    return wishes


def _plan_recreate(limits: Limits, current: Tree | None, others: list[Tree]) -> dict[str, int]:
    busy = {name_of(rs): 0 for rs in others if replicas_of(rs) > 0}
    is_clear = not busy and all(int((rs.get("status") or {}).get("replicas") or 0) == 0 for rs in others)
    if is_clear and current is not None and replicas_of(current) != limits.wanted:
        return {name_of(current): limits.wanted}
    return busy


def _plan_scale_down(limits: Limits, current: Tree | None, others: list[Tree]) -> dict[str, int]:
    """Take Pods from old sets: unhealthy ones freely, available ones only as far as availability allows."""
    old = sorted((rs for rs in others if replicas_of(rs) > 0), key=lambda rs: metadata(rs).get("creationTimestamp", ""))
    if not old:
        return {}
    available = sum(map(available_of, old)) + (available_of(current) if current else 0)
    starting = replicas_of(current) - available_of(current) if current else 0
    total = sum(map(replicas_of, old)) + (replicas_of(current) if current else 0)
    minimum = limits.wanted - limits.unavailable
    removable = total - minimum - starting
    spare = available - minimum
    wishes: dict[str, int] = {}
    for replica_set in old:
        unhealthy = min(replicas_of(replica_set) - available_of(replica_set), max(0, removable))
        healthy = min(available_of(replica_set), max(0, spare))
        removable -= unhealthy
        spare -= healthy
        if unhealthy + healthy > 0:
            wishes[name_of(replica_set)] = replicas_of(replica_set) - unhealthy - healthy
    return wishes


def surplus_history(deployment: Tree, others: list[Tree]) -> list[Tree]:
    """Return the idle old ReplicaSets beyond revisionHistoryLimit, oldest first."""
    limit = deployment["spec"].get("revisionHistoryLimit")
    idle = [rs for rs in others if replicas_of(rs) == 0 and int((rs.get("status") or {}).get("replicas") or 0) == 0]
    kept = 10 if limit is None else int(limit)
    return sorted(idle, key=revision_of)[: max(0, len(idle) - kept)]


def owns(deployment: Tree, replica_set: Tree) -> bool:
    """Whether the ReplicaSet is controlled by the Deployment."""
    references = metadata(replica_set).get("ownerReferences") or ()
    return any(reference.get("controller") and reference.get("uid") == uid_of(deployment) for reference in references)


def is_selected(deployment: Tree, replica_set: Tree) -> bool:
    """Whether the labels of the ReplicaSet contain the Deployment's matchLabels."""
    wanted = (deployment["spec"]["selector"] or {}).get("matchLabels") or {}
    return bool(wanted) and wanted.items() <= labels_of(replica_set).items()
