"""Crossplane, Upbound and the cloud controllers that make resources of a provider from objects."""

from __future__ import annotations

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.engine.health.rules.language import Rule, conditions, items, otherwise, rules, shown, when
from pilothouse.delivery.gitops.engine.health.verdict import DEGRADED, HEALTHY, PROGRESSING, SUSPENDED, Health
from pilothouse.delivery.gitops.engine.health.verdict import RULES as SOURCE


def _managed(noun: str) -> Rule:
    """Return the rule of a classic AWS resource: Ready and Synced together, with a pause that Synced tells."""

    def judge(tree: Tree) -> Health | None:
        status = tree.get("status")
        if not isinstance(status, dict) or status.get("conditions") is None:
            return None
        found = {shown(each.get("type")): each for each in items(status["conditions"])}
        ready, synced = found.get("Ready") or {}, found.get("Synced") or {}
        is_ready, is_synced = ready.get("status") == "True", synced.get("status") == "True"
        if is_ready and is_synced:
            return Health(HEALTHY, shown(ready.get("reason")), SOURCE)
        if synced.get("reason") == "ReconcilePaused":
            paused = Health(SUSPENDED, "ReconcilePaused", SOURCE)
            return Health(DEGRADED, "", SOURCE) if is_synced else paused
        if is_synced:
            return Health(PROGRESSING, f"Waiting for {noun} to be available", SOURCE)
        return Health(DEGRADED, shown(synced.get("message")) if synced.get("reason") == "ReconcileError" else "", SOURCE)

    return rules(judge, otherwise(PROGRESSING, f"Waiting for {noun} to be created"))


_FAILED = (("LastAsyncOperation=False", DEGRADED, "{message}"), ("Synced=False", DEGRADED, "{message}"))
_DONE = "Resource is up-to-date."


def _any_of_crossplane(no_status: str, *judges: Rule) -> Rule:
    """Return the rule for all kinds of a group: some kinds have no status at all and are done when they exist."""
    empty = when(f"kind={no_status}", HEALTHY, _DONE)

    def without_status(tree: Tree) -> Health | None:
        status = tree.get("status")
        return Health(HEALTHY, _DONE, SOURCE) if status is None else None if status else empty(tree)

    return rules(
        without_status,
        when("!status.conditions & kind=ProviderConfig|ClusterProviderConfig & status.users", HEALTHY, "Resource is in use."),
        *judges,
        otherwise(PROGRESSING, "Provisioning ..."),
    )


def _provider(tree: Tree) -> Health | None:
    status = tree.get("status")
    if not isinstance(status, dict) or status.get("conditions") is None:
        return None
    found = {shown(each.get("type")): each for each in items(status["conditions"])}
    installed, healthy = found.get("Installed") or {}, found.get("Healthy") or {}
    is_fine = installed.get("status") == "True" and healthy.get("status") == "True"
    return Health(HEALTHY if is_fine else DEGRADED, f"{shown(installed.get('reason'))} {shown(healthy.get('reason'))}", SOURCE)


_CONNECTOR = "kind=ConfigConnector|ConfigConnectorContext"
_STALE = "status.observedGeneration & status.observedGeneration!==metadata.generation"

RULES: dict[str, Rule] = {
    "_.cnrm.cloud.google.com/_": rules(
        when("!status", PROGRESSING, "Update in progress"),
        when(_STALE, PROGRESSING, "Update in progress"),
        when(f"{_CONNECTOR} & status.healthy=true", HEALTHY, "{kind} is healthy"),
        when(f"{_CONNECTOR} & status.healthy=false", DEGRADED, "{kind} is not healthy"),
        conditions(
            ("*=True reason=UpToDate", HEALTHY, "{message}"),
            ("*=* reason=UpdateFailed|DependencyNotFound", DEGRADED, "{message}"),
            ("*=* reason=DependencyNotReady", SUSPENDED, "{message}"),
        ),
        otherwise(PROGRESSING, "Update in progress"),
    ),
    "_.crossplane.io/_": _any_of_crossplane(
        "Composition|CompositionRevision|DeploymentRuntimeConfig|ClusterProviderConfig|ProviderConfig|ProviderConfigUsage"
        "|ControllerConfig",
        conditions(*_FAILED, ("Ready|Healthy|Offered|Established|ValidPipeline|RevisionHealthy=True", HEALTHY, _DONE)),
    ),
    "_.services.k8s.aws/_": rules(
        conditions(
            ("ACK.Terminal=True", DEGRADED, "{message}"),
            ("Ready=False", PROGRESSING, "{message}"),
            ("Ready=True", HEALTHY, ""),
        ),
        otherwise(PROGRESSING, "Waiting for resource to be ready"),
    ),
    "_.upbound.io/_": _any_of_crossplane(
        "ClusterProviderConfig|ProviderConfig|ProviderConfigUsage",
        conditions(*_FAILED),
        conditions(("Ready=True", HEALTHY, _DONE)),
    ),
    "cloudfront.aws.crossplane.io/Distribution": _managed("distribution"),
    "iam.aws.crossplane.io/Policy": _managed("Policy"),
    "iam.aws.crossplane.io/Role": _managed("Role"),
    "iam.aws.crossplane.io/RolePolicyAttachment": _managed("RolePolicyAttachment"),
    "pkg.crossplane.io/Provider": rules(_provider, otherwise(PROGRESSING, "Waiting for provider to be installed")),
    "rds.aws.crossplane.io/DBCluster": _managed("DBCluster"),
    "rds.aws.crossplane.io/DBInstance": _managed("DBInstance"),
    "route53.aws.crossplane.io/ResourceRecordSet": _managed("resourcrecordset"),
    "s3.aws.crossplane.io/Bucket": _managed("Bucket"),
    "stacks.crossplane.io/ClusterStackInstall": rules(
        conditions(("Ready=True", HEALTHY, "{reason}"), at="status.conditionedStatus.conditions"),
        conditions(("Ready=*", PROGRESSING, "{reason}"), at="status.conditionedStatus.conditions"),
        otherwise(PROGRESSING, "Waiting for stack to be installed"),
    ),
}
