"""Flux, Flagger and Keptn: delivery controllers beside Argo CD."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.engine.health.rules.language import Rule, items, otherwise, phases, rules, shown, when
from pilothouse.delivery.gitops.engine.health.verdict import DEGRADED, HEALTHY, PROGRESSING, SUSPENDED, UNKNOWN, Health
from pilothouse.delivery.gitops.engine.health.verdict import RULES as SOURCE

_SUSPENDED = when("spec.suspend=true", SUSPENDED, "{kind} is suspended")


def _toolkit(
    *also: str, busy: str = "Unknown", while_reconciling: tuple[str, ...] | None = None, both: str = PROGRESSING
) -> Rule:  # fmt: skip
    """Return the rule of a toolkit kind. It is done when Ready and one of the conditions `also` are True.

    It is busy when Ready has the status `busy` and Reconciling is True (for one of the reasons `while_reconciling`); anything
    else is a failure. The message is the reason of Ready.
    """

    def judge(tree: Tree) -> Health | None:
        status = tree.get("status")
        if not isinstance(status, dict) or status.get("conditions") is None:
            return None
        succeeded, progressing, message = 0, 0, ""
        for each in items(status["conditions"]):
            kind, is_true = each.get("type"), each.get("status") == "True"
            if kind == "Ready":
                succeeded, progressing = succeeded + is_true, progressing + (each.get("status") == busy)
                message = shown(each.get("reason"))
            elif kind == "Reconciling" and is_true:
                progressing += while_reconciling is None or each.get("reason") in while_reconciling
            elif kind == "ArtifactOutdated" and is_true and "ArtifactInStorage" in also:
                message = f"{message} {shown(each.get('reason'))}"
            elif kind in also and is_true:
                succeeded += 1
        if progressing == 2:
            return Health(both, message, SOURCE)
        return Health(HEALTHY if succeeded == (2 if also else 1) else DEGRADED, message, SOURCE)

    return rules(judge, otherwise(PROGRESSING, "Status unknown"))


def _suspendable(rule: Rule) -> Rule:
    return rules(_SUSPENDED, rule)


_SOURCE = _suspendable(_toolkit("ArtifactInStorage"))
_CANARY = {
    "Failed": DEGRADED, "Progressing": PROGRESSING, "Finalising": PROGRESSING, "Promoting": PROGRESSING, "Succeeded": HEALTHY,
    "Initialized": HEALTHY,
}  # fmt: skip


def _canary(tree: Tree) -> Health:
    """Join the phase, the weight and what every condition says."""
    status = tree.get("status")
    if status is None:
        return Health(UNKNOWN, "No status", SOURCE)
    weight, phase = status.get("canaryWeight"), shown(status.get("phase"))
    said = [f"Canary Weight: {shown(weight)} %"] if weight is not None and float(weight) > 0 else []
    said += [shown(each.get("message")) for each in items(status.get("conditions"))]
    return Health(_CANARY.get(phase, UNKNOWN), f"{phase} --- {' --- '.join(said)}", SOURCE)


def _keptn(kind: str, where: str = "status.status") -> Rule:
    return rules(
        phases(where, {"Succeeded": (HEALTHY, f"{kind} is healthy"), "Failed": (DEGRADED, f"{kind} is degraded")}),
        otherwise(PROGRESSING, f"{kind} is progressing"),
    )


def _metric(tree: Tree) -> Health:
    status: Mapping[str, Any] = tree.get("status") or {}
    if status.get("errMsg"):
        return Health(DEGRADED, "KeptnMetric is degraded", SOURCE)
    is_there = status.get("value") is not None
    return Health(*((HEALTHY, "KeptnMetric is healthy") if is_there else (PROGRESSING, "KeptnMetric is progressing")), SOURCE)


RULES: dict[str, Rule] = {
    "flagger.app/Canary": _canary,
    "helm.toolkit.fluxcd.io/HelmRelease": _suspendable(_toolkit("Released", "TestSuccess")),
    "image.toolkit.fluxcd.io/ImagePolicy": _toolkit(
        busy="False", while_reconciling=("NewGeneration", "AccessingRepository", "ApplyingPolicy")
    ),
    "image.toolkit.fluxcd.io/ImageRepository": _suspendable(
        _toolkit(busy="False", while_reconciling=("NewGeneration", "Scanning"))
    ),
    "image.toolkit.fluxcd.io/ImageUpdateAutomation": _suspendable(_toolkit()),
    "kustomize.toolkit.fluxcd.io/Kustomization": _suspendable(_toolkit()),
    "lifecycle.keptn.sh/KeptnAppVersion": _keptn("KeptnAppVersion"),
    "lifecycle.keptn.sh/KeptnEvaluation": _keptn("KeptnEvaluation", "status.overallStatus"),
    "lifecycle.keptn.sh/KeptnTask": _keptn("KeptnTask"),
    "lifecycle.keptn.sh/KeptnWorkloadInstance": _keptn("KeptnWorkloadInstance"),
    "lifecycle.keptn.sh/KeptnWorkloadVersion": _keptn("KeptnWorkloadVersion"),
    "metrics.keptn.sh/Analysis": rules(
        when("status.pass=true", HEALTHY, "Analysis is healthy"),
        when("status.warning=true", HEALTHY, "Analysis is healthy with warnings"),
        when("status.pass=false", DEGRADED, "Analysis is degraded"),
        otherwise(PROGRESSING, "Analysis is progressing"),
    ),
    "metrics.keptn.sh/KeptnMetric": _metric,
    "notification.toolkit.fluxcd.io/Receiver": _toolkit(busy="False", both=DEGRADED),
    "source.toolkit.fluxcd.io/Bucket": _SOURCE,
    "source.toolkit.fluxcd.io/GitRepository": _SOURCE,
    "source.toolkit.fluxcd.io/HelmChart": _SOURCE,
    "source.toolkit.fluxcd.io/HelmRepository": rules(
        _SUSPENDED,
        when("spec.type=oci", HEALTHY, "Helm repositories of type 'oci' do not contain any information in the status."),
        _SOURCE,
    ),
    "source.toolkit.fluxcd.io/OCIRepository": _toolkit("ArtifactInStorage"),
}
