"""Judges of databases and storage that count nodes or put several findings in one sentence."""

from __future__ import annotations

from pilothouse.api.meta import Tree, annotations_of
from pilothouse.delivery.gitops.engine.health.rules.language import Rule, items, path, shown
from pilothouse.delivery.gitops.engine.health.verdict import DEGRADED, HEALTHY, PROGRESSING, RULES, SUSPENDED, UNKNOWN, Health

_CONDITIONS = path("status.conditions")
_PHASES = {
    "Cluster in healthy state": HEALTHY,
    **dict.fromkeys(
        (
            "Setting up primary", "Creating a new replica", "Upgrading cluster", "Waiting for the instances to become active",
            "Promoting to primary cluster",
        ),
        PROGRESSING,
    ),
    **dict.fromkeys(
        (
            "Switchover in progress", "Failing over", "Upgrading Postgres major version", "Cluster upgrade delayed",
            "Waiting for user action", "Primary instance is being restarted in-place",
            "Primary instance is being restarted without a switchover",
            "Cluster cannot execute instance online upgrade due to missing architecture binary", "Online upgrade in progress",
            "Applying configuration",
        ),
        DEGRADED,
    ),
    **dict.fromkeys(
        (
            "Unable to create required cluster objects",
            "Cluster cannot proceed to reconciliation due to an unknown plugin being required",
            "Cluster has incomplete or invalid image catalog", "Cluster is unrecoverable and needs manual intervention",
        ),
        SUSPENDED,
    ),
}  # fmt: skip


def last_message_as(status: str) -> Rule:
    """Say what the last condition says, once there are conditions."""

    def judge(tree: Tree) -> Health | None:
        if _CONDITIONS(tree) is None:
            return None
        said = [shown(each.get("message")) for each in items(_CONDITIONS(tree))]
        return Health(status, said[-1] if said else "", RULES)

    return judge


def last_message(tree: Tree) -> Health | None:
    """Wait, saying what the last condition says."""
    said = [shown(each.get("message")) for each in items(_CONDITIONS(tree))]
    return Health(PROGRESSING, said[-1], RULES) if said else None


def last_reason_and_message(status: str) -> Rule:
    """Say reason and message of the last condition."""

    def judge(tree: Tree) -> Health | None:
        said = [f"{shown(each.get('reason'))} {shown(each.get('message'))}" for each in items(_CONDITIONS(tree))]
        return Health(status, said[-1], RULES) if said else None

    return judge


def cassandra(tree: Tree) -> Health:
    """Compare the ready members of each rack."""
    racks = path("status.racks")(tree)
    counts = [(rack.get("members"), rack.get("readyMembers")) for rack in items(racks)]
    if racks is None or any(None not in count and count[0] != count[1] for count in counts):
        return Health(PROGRESSING, "Waiting for Cassandra Cluster", RULES)
    return Health(HEALTHY, "", RULES)


def ceph_cluster(tree: Tree) -> Health:
    """Join Ceph's own health with its details, the state of the cluster and the operator's message."""
    status = tree.get("status")
    if status is None:
        return Health(PROGRESSING, "Waiting for status to be reported", RULES)
    ceph, verdict, said = status.get("ceph") or {}, PROGRESSING, []
    if ceph.get("health") is not None:
        verdict = {"HEALTH_ERR": DEGRADED, "HEALTH_WARN": DEGRADED, "HEALTH_OK": HEALTHY}.get(ceph["health"], PROGRESSING)
        details = ceph.get("details") or {}
        found = [shown(details[name]["message"]) for name in sorted(details) if details[name].get("message") is not None]
        said.append(f"Ceph health is {shown(ceph['health'])}" + (f" ({'; '.join(found)})" if found else ""))
    if status.get("state") is not None and verdict == HEALTHY:
        said.append(f"Ceph cluster state is {shown(status['state'])}")
        verdict = {"Created": HEALTHY, "Connected": HEALTHY, "Error": DEGRADED}.get(status["state"], PROGRESSING)
    said.append(shown(status.get("message")))
    return Health(verdict, " - ".join(filter(None, said)), RULES)


def ceph_object_store(tree: Tree) -> Health:
    """Judge by the phase; the message also names the endpoint."""
    status = tree.get("status")
    if status is None:
        return Health(PROGRESSING, "Waiting for status to be reported", RULES)
    phase, endpoint = status.get("phase"), path("info.endpoint")(status)
    message = "Waiting for status to be reported" if phase is None else f"Ceph object store phase is {shown(phase)}"
    verdict = {"Ready": HEALTHY, "Failure": DEGRADED}.get(shown(phase), PROGRESSING)
    return Health(verdict, f"{message} - endpoint: {shown(endpoint)}" if endpoint else message, RULES)


def minio_tenant(tree: Tree) -> Health:
    """Judge by the state, which is a sentence."""
    state = shown(tree["status"]["currentState"])
    failed = (
        "Statefulset not controlled by operator", "Another MinIO Tenant already exists in the namespace",
        "Different versions across MinIO Pools", "Tenant credentials are not set properly", "Pool Decommissioning Not Allowed",
    )  # fmt: skip
    if state == "Initialized":
        return Health(HEALTHY, state, RULES)
    return Health(DEGRADED if state in failed else PROGRESSING, state, RULES)


def cnpg_cluster(tree: Tree) -> Health:
    """Judge a CloudNativePG cluster: what the user suspended first, then hibernation, then the phase."""
    notes = annotations_of(tree)
    if "disabled" in {notes.get("cnpg.io/reconciliationLoop"), notes.get("cnpg.io/reconciliation")}:
        return Health(SUSPENDED, "Cluster reconciliation is suspended", RULES)
    status = tree.get("status") or {}
    reason = shown(status.get("phaseReason"))
    if status.get("conditions") is None:
        return Health(PROGRESSING, reason, RULES)
    for each in items(status["conditions"]):
        if each.get("type") == "cnpg.io/hibernation":
            return Health(SUSPENDED if each.get("status") == "True" else DEGRADED, shown(each.get("message")), RULES)
    return Health(_PHASES.get(shown(status.get("phase")), UNKNOWN), reason, RULES)


def solr(tree: Tree) -> Health:
    """Wait until all nodes are ready."""
    nodes = path("status.solrNodes")(tree)
    if nodes is None:
        return Health(PROGRESSING, "Waiting for solr to exist", RULES)
    if any(not node.get("ready") for node in items(nodes)):
        return Health(PROGRESSING, "Not all replicas are ready", RULES)
    return Health(HEALTHY, "Solr is ready", RULES)


_CHECK = "Check the status of indices, replicas and shards"


def elasticsearch(tree: Tree) -> Health | None:
    """Compare the nodes with those wanted, then phase and health."""
    status = tree.get("status") or {}
    available = status.get("availableNodes")
    if available is None:
        return None
    wanted = sum(node.get("count") or 0 for node in items((tree.get("spec") or {}).get("nodeSets")))
    if available < wanted:
        text = f"The desired amount of availableNodes is {shown(wanted)} but the current amount is {shown(available)}"
        return Health(PROGRESSING, text, RULES)
    phase, health = status.get("phase"), status.get("health")
    if available != wanted or phase is None or health is None:
        return None
    if phase == "Ready":
        verdict = {"green": HEALTHY, "yellow": PROGRESSING, "red": DEGRADED}.get(health)
        text = f"Elasticsearch Cluster status is {shown(health).title()}" + ("" if health == "green" else f". {_CHECK}")
    else:
        verdict = {"ApplyingChanges": PROGRESSING, "MigratingData": PROGRESSING, "Invalid": DEGRADED}.get(phase)
        text = f"Elasticsearch phase is {shown(phase)}"
        if phase == "Stalled":
            verdict = PROGRESSING
    return Health(verdict, text, RULES) if verdict else None
