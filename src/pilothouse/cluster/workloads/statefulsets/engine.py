"""Which Pod of a StatefulSet to create, delete or replace next, and its status."""

from __future__ import annotations

import re

import msgspec

from pilothouse.api.meta import (
    Tree,
    controller_of,
    generation_of,
    is_deleting,
    labels_of,
    metadata,
    name_of,
    uid_of,
)
from pilothouse.cluster.workloads.pods import is_available, is_finished, is_ready, pod_from_template
from pilothouse.cluster.workloads.pods.revisions import REVISION_LABEL, revision_name

POD_NAME_LABEL = "statefulset.kubernetes.io/pod-name"
POD_INDEX_LABEL = "apps.kubernetes.io/pod-index"


class SetPlan(msgspec.Struct, frozen=True):
    """What to do now: ordinals to create, Pods to delete."""

    create: list[int]
    delete: list[Tree]


def ordinal_of(stateful_set: Tree, pod: Tree) -> int:
    """Return the ordinal in the Pod's name, -1 when it is no Pod of this set."""
    match = re.fullmatch(re.escape(name_of(stateful_set)) + r"-(\d+)", name_of(pod))
    return int(match[1]) if match else -1


def wanted_ordinals(stateful_set: Tree) -> range:
    """Return the ordinals that should exist."""
    spec = stateful_set["spec"]
    start = int((spec.get("ordinals") or {}).get("start") or 0)
    count = 1 if spec.get("replicas") is None else int(spec["replicas"])
    return range(start, start + count)


def owned_pods(stateful_set: Tree, pods: list[Tree]) -> dict[int, Tree]:
    """Return the set's Pods by ordinal."""
    uid = uid_of(stateful_set)
    owned = [pod for pod in pods if (controller_of(pod) or {}).get("uid") == uid]
    return {ordinal: pod for pod in owned if (ordinal := ordinal_of(stateful_set, pod)) >= 0}


def plan_pods(stateful_set: Tree, pods: list[Tree], now: float) -> SetPlan:
    """Compare the wish with the Pods of the namespace."""
    if is_deleting(stateful_set):
        return SetPlan([], [])
    owned = owned_pods(stateful_set, pods)
    wanted = wanted_ordinals(stateful_set)
    is_parallel = stateful_set["spec"].get("podManagementPolicy") == "Parallel"
    min_ready_s = int(stateful_set["spec"].get("minReadySeconds") or 0)
    broken = [pod for ordinal, pod in owned.items() if ordinal in wanted and is_finished(pod) and not is_deleting(pod)]
    if broken:
        return SetPlan([], broken if is_parallel else broken[:1])
    missing = [ordinal for ordinal in wanted if ordinal not in owned]
    surplus = [
        owned[ordinal] for ordinal in sorted(owned, reverse=True) if ordinal not in wanted and not is_deleting(owned[ordinal])
    ]
    if is_parallel:
        return SetPlan(missing, surplus) if missing or surplus else SetPlan([], _update(stateful_set, owned, wanted, now))
    unsettled = {o for o, pod in owned.items() if is_deleting(pod) or not is_available(pod, min_ready_s, now)}
    if missing and not any(ordinal < missing[0] for ordinal in unsettled if ordinal in wanted):
        return SetPlan(missing[:1], [])
    if not missing and surplus and not any(is_deleting(pod) for pod in owned.values()):
        return SetPlan([], surplus[:1]) if not (unsettled & set(wanted)) else SetPlan([], [])
    if missing or surplus:
        return SetPlan([], [])
    return SetPlan([], _update(stateful_set, owned, wanted, now))


def _update(stateful_set: Tree, owned: dict[int, Tree], wanted: range, now: float) -> list[Tree]:
    """Return the Pod to replace for a new template, if it is its turn."""
    strategy = stateful_set["spec"].get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return []
    partition = int((strategy.get("rollingUpdate") or {}).get("partition") or 0)
    revision = revision_name(stateful_set)
    min_ready_s = int(stateful_set["spec"].get("minReadySeconds") or 0)
    for ordinal in reversed(wanted):
        pod = owned.get(ordinal)
        if pod is None or is_deleting(pod):
            return []
        if labels_of(pod).get(REVISION_LABEL) != revision and ordinal >= partition:
            return [pod]
        if not is_available(pod, min_ready_s, now):
            return []
    return []


def pod_for(stateful_set: Tree, ordinal: int, revision: str, template: Tree) -> Tree:
    """Return the Pod of one ordinal, with its hostname and claims."""
    name = f"{name_of(stateful_set)}-{ordinal}"
    labels = {REVISION_LABEL: revision, POD_NAME_LABEL: name, POD_INDEX_LABEL: str(ordinal)}
    pod = pod_from_template(template, stateful_set, name=name, labels=labels)
    pod["metadata"]["generateName"] = f"{name_of(stateful_set)}-"
    claims = [claim["metadata"]["name"] for claim in stateful_set["spec"].get("volumeClaimTemplates") or ()]
    volumes = [volume for volume in pod["spec"].get("volumes") or () if volume["name"] not in claims]
    volumes += [{"name": claim, "persistentVolumeClaim": {"claimName": f"{claim}-{name}"}} for claim in claims]
    pod["spec"] = {**pod["spec"], "hostname": name, "subdomain": stateful_set["spec"].get("serviceName", "")}
    if not pod["spec"]["subdomain"]:
        del pod["spec"]["subdomain"]
    if volumes:
        pod["spec"]["volumes"] = volumes
    return pod


def claims_for(stateful_set: Tree, ordinal: int) -> list[Tree]:
    """Return the PersistentVolumeClaims of one ordinal."""
    labels = stateful_set["spec"]["selector"].get("matchLabels") or {}
    claims: list[Tree] = []
    for template in stateful_set["spec"].get("volumeClaimTemplates") or ():
        source = template["metadata"]
        meta = {
            "name": f"{source['name']}-{name_of(stateful_set)}-{ordinal}",
            "namespace": metadata(stateful_set)["namespace"],
            "labels": {**(source.get("labels") or {}), **labels},
            "annotations": dict(source.get("annotations") or {}),
        }
        claims.append({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": template["spec"]})
    return claims


def set_status(stateful_set: Tree, pods: list[Tree], now: float) -> Tree:
    """Return the whole status."""
    owned = [pod for pod in owned_pods(stateful_set, pods).values() if not is_deleting(pod)]
    revision = revision_name(stateful_set)
    old = stateful_set.get("status") or {}
    updated = sum(labels_of(pod).get(REVISION_LABEL) == revision for pod in owned)
    previous = old.get("currentRevision") or revision
    ready = sum(map(is_ready, owned))
    is_done = updated == len(owned) == len(wanted_ordinals(stateful_set)) == ready
    current_revision = revision if is_done else previous
    counts = {
        "readyReplicas": ready,
        "currentReplicas": sum(labels_of(pod).get(REVISION_LABEL) == current_revision for pod in owned),
        "updatedReplicas": updated,
    }
    min_ready_s = int(stateful_set["spec"].get("minReadySeconds") or 0)
    return {
        "observedGeneration": generation_of(stateful_set),
        "replicas": len(owned),
        **{name: count for name, count in counts.items() if count},
        "availableReplicas": sum(is_available(pod, min_ready_s, now) for pod in owned),
        "currentRevision": current_revision,
        "updateRevision": revision,
        "collisionCount": int(old.get("collisionCount") or 0),
    }
