"""Numaflow and Numaplane: stream pipelines and their rollouts."""

from __future__ import annotations

from pilothouse.delivery.gitops.engine.health.rules.language import Rule, conditions, last, otherwise, phases, rules, when
from pilothouse.delivery.gitops.engine.health.verdict import DEGRADED, HEALTHY, PROGRESSING, UNKNOWN

_UPGRADE = "metadata.labels[numaplane.numaproj.io/progressive-result-state]"


def _flow(kind: str, unhealthy: str, phase: dict[str, str], *, upgrades: bool = True) -> Rule:
    """Return the rule of a Numaflow kind: any condition that is False is trouble, once the spec was seen."""
    return rules(
        when("metadata.generation!==status.observedGeneration", PROGRESSING, f"Waiting for {kind} status"),
        when("status.phase=Failed", DEGRADED, "{status.message}"),
        when(f"{_UPGRADE}={'failed' if upgrades else '-'}", DEGRADED, "Failed progressive upgrade"),
        last(("*=False", DEGRADED, unhealthy)),
        phases("status.phase", {name: (HEALTHY, text) for name, text in phase.items()}),
        otherwise(PROGRESSING, f"Waiting for {kind} status"),
    )


def _progressive(name: str) -> Rule:
    """Return the rule of a rollout that can be upgraded progressively: a failed upgrade outranks one in progress."""
    busy = "Update in progress"
    return rules(
        when("!status", PROGRESSING, "Not yet reconciled"),
        when("metadata.generation!==status.observedGeneration", PROGRESSING, "Not yet reconciled"),
        _unless_failed_upgrade(when("status.upgradeInProgress & status.upgradeInProgress!=", PROGRESSING, busy)),
        _unless_failed_upgrade(when("status.phase=Pending", PROGRESSING, busy)),
        conditions(("ChildResourcesHealthy=False reason=Progressing", PROGRESSING, "Child Progressing")),
        when("status.phase=Failed", DEGRADED, "{status.message}"),
        conditions(
            (f"ChildResourcesHealthy=False reason={name}Failed|ISBSvcFailed|Degraded|Failed", DEGRADED, "{message}"),
            ("ProgressiveUpgradeSucceeded=False", DEGRADED, "Progressive upgrade failed"),
        ),
        conditions((f"{name}PausingOrPaused=True", HEALTHY, "{message}")),
        conditions(("ChildResourcesHealthy=True", HEALTHY, "Healthy")),
        otherwise(UNKNOWN, f"Unknown {name} status"),
    )


def _unless_failed_upgrade(rule: Rule) -> Rule:
    failed = conditions(("ProgressiveUpgradeSucceeded=False", DEGRADED, ""))
    return lambda tree: None if failed(tree) else rule(tree)


RULES: dict[str, Rule] = {
    "numaflow.numaproj.io/InterStepBufferService": _flow(
        "InterStepBufferService", "{message}", {"Running": "InterStepBufferService is healthy"}
    ),
    "numaflow.numaproj.io/MonoVertex": _flow(
        "MonoVertex", "Subresources are unhealthy", {"Paused": "MonoVertex is paused", "Running": "MonoVertex is healthy"}
    ),
    "numaflow.numaproj.io/Pipeline": _flow(
        "Pipeline", "Subresources are unhealthy", {"Paused|Pausing": "Pipeline is paused", "Running": "Pipeline is healthy"}
    ),
    "numaflow.numaproj.io/Vertex": _flow(
        "Vertex", "{message}", {"Paused": "Vertex is paused", "Running": "Vertex is healthy"}, upgrades=False
    ),
    "numaplane.numaproj.io/ISBServiceRollout": _progressive("ISBService"),
    "numaplane.numaproj.io/MonoVertexRollout": _progressive("MonoVertex"),
    "numaplane.numaproj.io/NumaflowControllerRollout": _progressive("NumaflowController"),
    "numaplane.numaproj.io/PipelineRollout": _progressive("Pipeline"),
}
