"""Judges of definitions, secrets and policies that read several conditions together."""

from __future__ import annotations

from pilothouse.api.meta import Tree, metadata
from pilothouse.delivery.gitops.engine.health.rules.language import items, path, shown
from pilothouse.delivery.gitops.engine.health.verdict import DEGRADED, HEALTHY, PROGRESSING, RULES, Health

_CONDITIONS = path("status.conditions")


def custom_resource_definition(tree: Tree) -> Health:
    """Judge a definition: terminating, names taken by another, broken schema, established."""
    if metadata(tree).get("deletionTimestamp"):
        return Health(PROGRESSING, "CRD is terminating", RULES)
    if not any(True for _ in items(_CONDITIONS(tree))):
        return Health(PROGRESSING, "Status conditions not found", RULES)
    is_established = False
    for each in items(_CONDITIONS(tree)):
        kind, status, message = each.get("type"), each.get("status"), shown(each.get("message"))
        if kind == "Terminating" and status == "True":
            return Health(PROGRESSING, f"CRD is terminating: {message}", RULES)
        if kind == "NamesAccepted" and status == "False":
            return Health(DEGRADED, f"CRD names have not been accepted: {message}", RULES)
        if kind == "NonStructuralSchema" and status == "True":
            return Health(DEGRADED, f"Schema violations found: {message}", RULES)
        if kind == "Established":
            is_established = is_established or status == "True"
            if status != "True" and each.get("reason") == "Installing":
                return Health(PROGRESSING, "CRD is being installed", RULES)
    return Health(HEALTHY, "CRD is healthy", RULES) if is_established else Health(DEGRADED, "CRD is not established", RULES)


def cluster_external_secret(tree: Tree) -> Health:
    """Judge by the newest condition, which is the last one."""
    found = list(items(_CONDITIONS(tree)))
    last = found[-1] if found else {}
    status = {"Ready": HEALTHY, "PartiallyReady": DEGRADED, "NotReady": DEGRADED}.get(shown(last.get("type")))
    if status and last.get("status") == "True":
        return Health(status, shown(last.get("message")), RULES)
    return Health(PROGRESSING, "Waiting for ClusterExternalSecret", RULES)


def external_secret(tree: Tree) -> Health:
    """Judge by Ready; one that is refreshed on change waits for a condition as new as its refresh."""
    on_change = (tree.get("spec") or {}).get("refreshPolicy") == "OnChange"
    refreshed = shown(path("status.refreshTime")(tree))
    for each in items(_CONDITIONS(tree)):
        if each.get("type") != "Ready" or (on_change and shown(each.get("lastTransitionTime")) < refreshed):
            continue
        status = {"False": DEGRADED, "True": HEALTHY}.get(shown(each.get("status")))
        if status:
            return Health(status, shown(each.get("message")), RULES)
    return Health(PROGRESSING, "Waiting for ExternalSecret", RULES)


def fetched_secret(tree: Tree) -> Health:
    """Judge by the status, which is a word or an error text."""
    status = shown(path("status.status")(tree))
    if status == "SUCCESS":
        return Health(HEALTHY, "Fetched ExternalSecret.", RULES)
    if status.startswith("ERROR"):
        return Health(DEGRADED, status.replace("ERROR, ", ""), RULES)
    return Health(PROGRESSING, "Waiting for ExternalSecret.", RULES)


def keycloak(tree: Tree) -> Health:
    """Judge by the condition that changed first: the operator leaves old ones in place."""
    if _CONDITIONS(tree) is None:
        return Health(PROGRESSING, "Waiting for Keycloak status conditions to exist", RULES)
    found = sorted(items(_CONDITIONS(tree)), key=lambda each: shown(each.get("lastTransitionTime")) or "~")
    for each in found:
        if each.get("type") == "Ready" and each.get("status") == "True":
            return Health(HEALTHY, "", RULES)
        if each.get("type") == "HasErrors" and each.get("status") == "True":
            return Health(DEGRADED, f"Has Errors: {shown(each.get('message'))}", RULES)
    return Health(PROGRESSING, "", RULES)


def configuration_policy(tree: Tree) -> Health:
    """Judge a policy by its compliance, saying what every template found."""
    status = tree.get("status") or {}
    if status.get("compliant") is None:
        return Health(PROGRESSING, "Waiting for the status to be reported", RULES)
    if status.get("lastEvaluatedGeneration") != metadata(tree).get("generation"):
        return Health(PROGRESSING, "Waiting for the status to be updated", RULES)
    if status.get("compliancyDetails") is None:
        return Health(PROGRESSING, "Waiting for compliance", RULES)
    said = [
        f"{shown(each['type'])} - {shown(each['message'])}"
        for details in items(status["compliancyDetails"])
        for each in items(details.get("conditions"))
        if each.get("message") is not None and each.get("type") is not None
    ]
    return Health(HEALTHY if status["compliant"] == "Compliant" else DEGRADED, "; ".join(said), RULES)


def cluster_policy(tree: Tree) -> Health:
    """Judge a policy of many clusters, or its replica in one, by who does not comply."""
    status = tree["status"]
    verdict, message = HEALTHY if status.get("compliant") == "Compliant" else DEGRADED, ""
    for what, entries, name in (
        ("clusters", status.get("status"), path("clustername")), ("templates", status.get("details"), path("templateMeta.name")),
    ):  # fmt: skip
        if entries is not None:
            bad = [shown(name(each)) for each in items(entries) if each.get("compliant") != "Compliant"]
            message = f"NonCompliant {what}: {', '.join(bad)}" if bad else f"All {what} are compliant"
            break
    return Health(verdict, message, RULES)
