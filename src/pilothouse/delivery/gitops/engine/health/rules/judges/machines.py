"""Judges of machines, control planes and bindings that sum up many conditions or clusters."""

from __future__ import annotations

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.engine.health.rules.language import items, path, shown
from pilothouse.delivery.gitops.engine.health.verdict import DEGRADED, HEALTHY, PROGRESSING, RULES, Health

_CONDITIONS = path("status.conditions")


def machine_pool(tree: Tree) -> Health:
    """Judge by the phase, and name every condition that is not met."""
    phase = path("status.phase")(tree)
    status = {"Running": HEALTHY, "Scaling": HEALTHY, "Failed": DEGRADED, "Unknown": DEGRADED}.get(shown(phase), PROGRESSING)
    missing = [
        f"Not {shown(each['type'])}" + (f" ({shown(each['reason'])})" if each.get("reason") is not None else "")
        for each in items(_CONDITIONS(tree))
        if each.get("type") is not None and each.get("status") == "False"
    ]
    message = "" if phase is None else f"MachinePool is {shown(phase)}"
    return Health(status, message + (f": {', '.join(missing)}" if missing else ""), RULES)


def control_plane(tree: Tree) -> Health:
    """Judge a managed control plane: final failures, updates in place, readiness, then errors."""
    status, found = tree.get("status") or {}, _CONDITIONS(tree)
    if status.get("failureMessage"):
        return Health(DEGRADED, shown(status["failureMessage"]), RULES)
    if found is None:
        return Health(PROGRESSING, "Provisioning...", RULES)
    if any(each.get("type") == "EKSControlPlaneUpdating" and each.get("status") == "True" for each in items(found)):
        return Health(PROGRESSING, "EKS control plane is updating", RULES)
    if any(each.get("type") == "Ready" and each.get("status") == "True" for each in items(found)):
        return Health(HEALTHY, "Control plane is ready", RULES)
    errors = [each for each in items(found) if each.get("status") == "False" and each.get("severity") == "Error"]
    if errors:
        return Health(DEGRADED, "".join(f"{shown(each.get('message'))} " for each in errors), RULES)
    why = " (.status.ready is false)" if status.get("ready") is False else ""
    return Health(PROGRESSING, f"Control plane is not ready{why}", RULES)


_OLM_DEGRADED = ("CatalogSourcesUnhealthy", "InstallPlanFailed", "ResolutionFailed")


def subscription(tree: Tree) -> Health:
    """Judge an operator's subscription: conditions and state, told line by line."""
    status = tree.get("status")
    if not isinstance(status, dict):
        return Health(PROGRESSING, "Status is not yet known", RULES)
    if _awaits_approval(tree, status):
        return _told(
            status, f"'{shown(status['state'])}' (manual InstallPlan approval pending; treated as healthy)", "InstallPlanPending"
        )
    return _told(status)


def _awaits_approval(tree: Tree, status: Tree) -> bool:
    """Whether a person has to approve the upgrade of an operator that runs already."""
    is_manual = path("spec.installPlanApproval")(tree) == "Manual" and status.get("installedCSV") is not None
    return is_manual and status.get("state") == "UpgradePending"


def _told(status: Tree, approved: str = "", without: str = "-") -> Health:
    pending = degraded = 0
    text = ""
    for number, each in enumerate(items(status.get("conditions")), 1):
        kind, is_true = shown(each.get("type")), each.get("status") == "True"
        if kind == without:
            continue
        text += f"{number}: {kind} | {shown(each.get('status'))}\n"
        pending += kind == "InstallPlanPending" and is_true
        degraded += kind == "InstallPlanMissing" and each.get("reason") != "ReferencedInstallPlanNotFound"
        degraded += kind in _OLM_DEGRADED and is_true
    state = status.get("state")
    pending += state is None or (shown(state) in {"", "UpgradeAvailable", "UpgradePending"} and not approved)
    degraded += shown(state) == "UpgradeFailed"
    text += ".status.state not yet known\n" if state is None else f".status.state is {approved or repr(shown(state))}\n"
    return Health(DEGRADED if degraded else PROGRESSING if pending else HEALTHY, text, RULES)


def resource_binding(tree: Tree) -> Health:
    """Judge a binding: every cluster reports, and none of them is unhealthy or without the resource.

    A binding of what another one depends on has no clusters of its own.
    """
    clusters = path("spec.clusters")(tree)
    known = list(items(path("status.aggregatedStatus")(tree)))
    if not known or (clusters is not None and len(clusters) != len(known)):
        return Health(PROGRESSING, "Current resource status is insufficient", RULES)
    for each in known:
        is_lost = each.get("health") == "Unknown" and each.get("applied") is not True
        if each.get("health") == "Unhealthy" or is_lost:
            return Health(DEGRADED, "Current resource status is unhealthy", RULES)
    return Health(HEALTHY, "", RULES)
