"""3scale and Grafana: what their operators make in a running product."""

from __future__ import annotations

from typing import Any

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.engine.health.rules.language import Rule, conditions, items, otherwise, path, rules, shown, when
from pilothouse.delivery.gitops.engine.health.verdict import DEGRADED, HEALTHY, PROGRESSING, SUSPENDED, Health
from pilothouse.delivery.gitops.engine.health.verdict import RULES as SOURCE

_CONDITIONS = path("status.conditions")
_TROUBLE = {
    "Invalid": "configuration is invalid",
    "Orphan": "references non-existing resources",
    "Failed": "synchronization failed",
}


def _scale(kind: str, *troubles: str, done: str = "Ready", failed: str = "synchronization failed", extra: Any = ()) -> Rule:
    """Return the rule of a 3scale kind: the first condition of the list that is True decides."""
    said = {**_TROUBLE, "Failed": failed}
    return rules(
        conditions(
            (f"{done}=True", HEALTHY, f"3scale {kind} is {done.lower()}"),
            *((f"{name}=True", DEGRADED, f"{{message:3scale {kind} {said[name]}}}") for name in troubles),
            *extra,
        ),
        otherwise(PROGRESSING, f"Waiting for 3scale {kind} status..."),
    )


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _application(tree: Tree) -> Health | None:
    status = tree.get("status")
    if not isinstance(status, dict):
        return None
    if status.get("state") == "suspended":
        return Health(SUSPENDED, "3scale Application is suspended", SOURCE)
    for each in items(status.get("conditions")):
        if each.get("type") == "Ready":
            if each.get("status") == "True":
                return Health(HEALTHY, "3scale Application is ready", SOURCE)
            if not _number(status.get("adminId")):
                return Health(DEGRADED, shown(each.get("message")) or "3scale Application is not ready", SOURCE)
    return None


def _tenant(tree: Tree) -> Health | None:
    ready = [each for each in items(_CONDITIONS(tree)) if each.get("type") == "Ready"]
    if any(each.get("status") == "True" for each in ready):
        status = tree["status"]
        if _number(status.get("tenantId")) and _number(status.get("adminId")):
            return Health(HEALTHY, "3scale Tenant is ready", SOURCE)
    bad = next((each for each in ready if each.get("status") != "True"), None)
    return None if bad is None else Health(DEGRADED, shown(bad.get("message")) or "3scale Tenant is degraded", SOURCE)


def _api_manager(tree: Tree) -> Health | None:
    found = path("status.deployments")(tree)
    if (
        isinstance(found, dict)
        and found.get("ready") is not None
        and found.get("starting") is None
        and found.get("stopped") is None
    ):
        return Health(HEALTHY, "3scale APIManager is available", SOURCE)
    return None


def _grafana_resource(tree: Tree) -> Health:
    """Join what every condition says; one that is False ends it. A mismatch of UIDs is bad when it is True."""
    status, said = PROGRESSING, ""
    for each in items(_CONDITIONS(tree)):
        state, kind = each.get("status"), each.get("type")
        if state is None:
            continue
        said += (", " if said else "") + _because(each)
        is_mismatch = kind == "FolderUIDMismatch"
        if (state == "True" and is_mismatch) or (state == "False" and not is_mismatch):
            return Health(DEGRADED, said, SOURCE)
        status = HEALTHY if state == "True" else status
    return Health(status, said, SOURCE)


def _because(each: Any) -> str:
    if each.get("reason") is None:
        return ""
    text = shown(each["reason"])
    if each.get("type") is not None:
        text += f" for {shown(each['type'])}"
        if each.get("message") is not None:
            text += f" because {shown(each['message'])}"
    return text


RULES: dict[str, Rule] = {
    "apps.3scale.net/APIManager": rules(
        _api_manager,
        conditions(
            ("Available=True", HEALTHY, "3scale APIManager is available"),
            ("Available=* reason!=", DEGRADED, "3scale APIManager is degraded: {reason}"),
        ),
        otherwise(PROGRESSING, "Waiting for 3scale APIManager status..."),
    ),
    "capabilities.3scale.net/ActiveDoc": _scale("ActiveDoc", "Invalid", "Orphan", "Failed"),
    "capabilities.3scale.net/Application": rules(
        _application, otherwise(PROGRESSING, "Waiting for 3scale Application status...")
    ),
    "capabilities.3scale.net/ApplicationAuth": _scale("ApplicationAuth", "Failed", failed="failed"),
    "capabilities.3scale.net/Backend": _scale("Backend", "Invalid", "Failed", done="Synced"),
    "capabilities.3scale.net/CustomPolicyDefinition": _scale("CustomPolicyDefinition", "Invalid", "Failed"),
    "capabilities.3scale.net/DeveloperAccount": _scale(
        "DeveloperAccount",
        "Invalid",
        "Failed",
        extra=(("Waiting=True", SUSPENDED, "{message:3scale DeveloperAccount is waiting for approval}"),),
    ),
    "capabilities.3scale.net/DeveloperUser": rules(
        when("status.developerUserState=suspended", SUSPENDED, "3scale Developer user is waiting for admin approval"),
        _scale("DeveloperUser", "Invalid", "Orphan", "Failed"),
    ),
    "capabilities.3scale.net/OpenAPI": _scale("OpenAPI", "Invalid", "Failed", failed="reconciliation failed"),
    "capabilities.3scale.net/Product": _scale("Product", "Invalid", "Orphan", "Failed", done="Synced"),
    "capabilities.3scale.net/ProxyConfigPromote": _scale(
        "ProxyConfigPromote",
        extra=(
            ("In-progress=True", PROGRESSING, "{message:3scale ProxyConfigPromote is in progress}"),
            ("Failed=True", DEGRADED, "{message:3cale ProxyConfigPromote failed}"),
        ),
    ),
    "capabilities.3scale.net/Tenant": rules(_tenant, otherwise(PROGRESSING, "Waiting for 3scale Tenant status...")),
    "grafana-org-operator.kubitus-project.gitlab.io/_": rules(
        conditions(
            ("Ready=False", DEGRADED, "{message}"), ("Ready=True", HEALTHY, "{message}"), ("Ready=*", PROGRESSING, "{message}")
        ),
        otherwise(PROGRESSING, "Waiting ..."),
    ),
    "grafana.integreatly.org/Grafana": rules(
        when("!status.stageStatus", PROGRESSING, "Waiting for Grafana status info"),
        when("status.stageStatus=failed", DEGRADED, "Failed at stage {status.stage}"),
        when("status.stage=complete & status.stageStatus=success", HEALTHY),
        otherwise(PROGRESSING, "{status.stage}"),
    ),
    "grafana.integreatly.org/GrafanaDashboard": _grafana_resource,
    "grafana.integreatly.org/GrafanaDatasource": rules(
        when("!status", PROGRESSING),
        when("status.uid & status.uid=", PROGRESSING),
        when("status.NoMatchingInstances", DEGRADED, "can't find matching grafana instance"),
        otherwise(HEALTHY),
    ),
    "grafana.integreatly.org/GrafanaFolder": _grafana_resource,
}
