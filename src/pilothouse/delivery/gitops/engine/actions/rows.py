"""The actions of each kind."""

from __future__ import annotations

from pilothouse.delivery.gitops.engine.actions import effects
from pilothouse.delivery.gitops.engine.actions.language import (
    Effect,
    Parameter,
    Row,
    drop,
    fixed,
    number,
    only_if,
    put,
    row,
)

_REDO, _ADD = "fa fa-fw fa-redo", "fa fa-fw fa-plus-circle"
_PAUSE, _PLAY = "fa fa-fw fa-pause-circle", "fa fa-fw fa-play-circle"
_RESTARTED = "spec.template.metadata.annotations[kubectl.kubernetes.io/restartedAt]"
_NOTES = "metadata.annotations"
_NEVER = "!kind"

_restart = row("restart", put(_RESTARTED, "{now}"), disabled=_NEVER, icon=_REDO)
_scale = row("scale", number("spec.replicas", "replicas"), disabled=_NEVER, icon=_ADD, params=fixed(Parameter("replicas")))
_reconcile = row("reconcile", put(f"{_NOTES}[reconcile.fluxcd.io/requestedAt]", "By Argo CD at: {now}"), disabled="spec.suspend")
_suspend = row("suspend", put("spec.suspend", True), disabled="spec.suspend")
_resume = row("resume", put("spec.suspend", False), disabled="!spec.suspend")
_FLUX = (_reconcile, _suspend, _resume)
_KEDA = f"{_NOTES}[autoscaling.keda.sh/paused]"
_KEDA_AT = f"{_NOTES}[autoscaling.keda.sh/paused-replicas]"


def _keda_paused(tree: dict[str, object]) -> bool:
    from pilothouse.delivery.gitops.engine.health.rules.language import test

    return test(f"{_KEDA}=true")(tree) or test(_KEDA_AT)(tree)


def _percona() -> tuple[Row, ...]:
    return (
        row("pause", put("spec.pause", True), disabled="spec.pause=true", icon=_PAUSE),
        row("unpause", put("spec.pause", False), disabled="spec.pause!=true", icon=_PLAY),
    )


def _creates(name: str, effect: Effect, display: str) -> Row:
    return Row(name, effect, display=display, icon="fa fa-fw fa-plus")


_FORCED = "metadata.labels[numaplane.numaproj.io/force-promote]"
_UPGRADE = "metadata.labels[numaplane.numaproj.io/upgrade-state]"
_SOLID = "fa-solid fa-fw fa-"


def _is_promotion_barred(tree: dict[str, object]) -> bool:
    from pilothouse.delivery.gitops.engine.health.rules.language import test

    return not test(f"{_UPGRADE}=in-progress|trial & {_FORCED}!=true")(tree)


def _force_promote(display: str = "Force Promote") -> Row:
    return row("force-promote", put(_FORCED, "true"), disabled=_is_promotion_barred, display=display, icon=f"{_SOLID}forward")


def _flow(lifecycle: str, notes: str, owner: str, *, slow: Row, fast: Row) -> tuple[Row, ...]:
    """Return pause and the two ways to go on of a stream."""
    import msgspec

    pause = row(
        "pause",
        put(f"{lifecycle}.desiredPhase", "Paused"),
        disabled=effects.is_resume_barred("pause", lifecycle, notes, owner),
        icon=f"{_SOLID}pause",
    )
    gradual = msgspec.structs.replace(slow, disabled=effects.is_resume_barred("slow", lifecycle, notes, owner))
    at_once = msgspec.structs.replace(fast, disabled=effects.is_resume_barred("fast", lifecycle, notes, owner))
    return pause, gradual, at_once


def _unpause(way: str, lifecycle: str, *edits: object) -> Row:
    shown = f"Unpause ({way})"
    running = put(f"{lifecycle}.desiredPhase", "Running")
    return row(f"unpause-{way}", running, *edits, display=shown, icon=f"{_SOLID}play")  # type: ignore[arg-type]


_STRATEGY = f"{_NOTES}[numaflow.numaproj.io/resume-strategy]"
_LOSS = f"{_NOTES}[numaplane.numaproj.io/allow-data-loss]"


def _rollout(embedded: str) -> tuple[Row, ...]:
    lifecycle, notes = f"spec.{embedded}.spec.lifecycle", f"spec.{embedded}.metadata.annotations"
    resume = "spec.strategy.pauseResume.fastResume"
    return _flow(
        lifecycle,
        notes,
        "",
        slow=_unpause("gradual", lifecycle, put(resume, False)),
        fast=_unpause("fast", lifecycle, put(resume, True)),
    )


ROWS: dict[str, tuple[Row, ...]] = {
    "apps/DaemonSet": (_restart,),
    "apps/Deployment": (
        _restart,
        row("pause", put("spec.paused", True), disabled="spec.paused", icon=_PAUSE),
        row("resume", drop("spec.paused"), disabled="!spec.paused", icon=_PLAY),
        _scale,
    ),
    "apps/StatefulSet": (_restart, _scale),
    "argoproj.io/AnalysisRun": (
        row(
            "terminate",
            put("spec.terminate", True),
            disabled=lambda tree: (
                bool((tree.get("spec") or {}).get("terminate"))
                or (tree.get("status") or {}).get("phase") in {"Successful", "Failed", "Error", "Inconclusive"}
            ),
        ),
    ),
    "argoproj.io/ClusterWorkflowTemplate": (_creates("create-workflow", effects.workflow_of_template, "Create Workflow"),),
    "argoproj.io/CronWorkflow": (_creates("create-workflow", effects.workflow_of_cron_workflow, "Create Workflow"),),
    "argoproj.io/Rollout": (
        row("restart", put("spec.restartAt", "{now}"), disabled=_NEVER, display="Restart Pods"),
        row(
            "resume",
            only_if("status.pauseConditions", drop("status.pauseConditions")),
            only_if("spec.paused", put("spec.paused", False)),
            disabled=lambda tree: not effects.is_rollout_paused(tree),
        ),
        row(
            "abort",
            put("status.abort", True),
            disabled=lambda tree: effects.is_promoted(tree) or bool((tree.get("status") or {}).get("abort")),
        ),
        row(
            "retry",
            drop("status.abort"),
            disabled=lambda tree: effects.is_promoted(tree) or not (tree.get("status") or {}).get("abort"),
        ),
        row("promote-full", effects.promote_fully, disabled=effects.cannot_promote_fully),
        row("skip-current-step", effects.skip_step, disabled=effects.has_no_step),
        row("pause", put("spec.paused", True), disabled=effects.cannot_pause),
    ),
    "argoproj.io/WorkflowTemplate": (_creates("create-workflow", effects.workflow_of_template, "Create Workflow"),),
    "batch/CronJob": (
        _creates("create-job", effects.job_of_cron_job, "Create Job"),
        row("suspend", put("spec.suspend", True), offered="!spec.suspend", icon="fa fa-fw fa-pause"),
        row("resume", put("spec.suspend", False), offered="spec.suspend", icon="fa fa-fw fa-play"),
    ),
    "batch/Job": (
        row(
            "suspend",
            put("spec.suspend", True),
            offered=lambda tree: not effects.is_job_over(tree) and not tree["spec"].get("suspend"),
            icon="fa fa-fw fa-pause",
        ),
        row(
            "resume",
            put("spec.suspend", False),
            offered=lambda tree: not effects.is_job_over(tree) and bool(tree["spec"].get("suspend")),
            icon="fa fa-fw fa-play",
        ),
        row(
            "terminate",
            effects.terminate_job,
            offered=lambda tree: not effects.is_job_over(tree) and tree.get("status") is not None,
            icon="fa fa-fw fa-stop",
        ),
    ),
    "core.strimzi.io/StrimziPodSet": (
        row(
            "rolling-update",
            put(f"{_NOTES}[strimzi.io/manual-rolling-update]", "true"),
            disabled=f"{_NOTES}[strimzi.io/manual-rolling-update]=true",
        ),
    ),
    "external-secrets.io/ExternalSecret": (row("refresh", put(f"{_NOTES}[force-sync]", "{now}")),),
    "external-secrets.io/PushSecret": (row("push", put(f"{_NOTES}[force-sync]", "{now}")),),
    "helm.toolkit.fluxcd.io/HelmRelease": _FLUX,
    "image.toolkit.fluxcd.io/ImageRepository": _FLUX,
    "image.toolkit.fluxcd.io/ImageUpdateAutomation": _FLUX,
    "k8s.mariadb.com/MariaDB": (_suspend, _resume),
    "keda.sh/ScaledJob": (
        row("pause", put(_KEDA, "true"), disabled=f"{_KEDA}=true", icon=_PAUSE),
        row("resume", drop(_KEDA), disabled=f"{_KEDA}!=true", icon=_PLAY),
    ),
    "keda.sh/ScaledObject": (
        row("pause", put(_KEDA, "true"), disabled=_keda_paused, icon=_PAUSE),
        row(
            "paused-replicas",
            number(_KEDA_AT, "replicas", least=0, as_text=True),
            disabled=f"{_KEDA}=true",
            icon=_PAUSE,
            params=fixed(Parameter("replicas", "0")),
        ),
        row(
            "resume",
            drop(_KEDA),
            drop(_KEDA_AT),
            disabled=lambda tree: not _keda_paused(tree),
            icon=_PLAY,
        ),
    ),
    "kustomize.toolkit.fluxcd.io/Kustomization": _FLUX,
    "notification.toolkit.fluxcd.io/Alert": (_suspend, _resume),
    "notification.toolkit.fluxcd.io/Provider": (_suspend, _resume),
    "notification.toolkit.fluxcd.io/Receiver": _FLUX,
    "numaflow.numaproj.io/InterStepBufferService": (_force_promote(""),),
    "numaflow.numaproj.io/MonoVertex": (
        *_flow(
            "spec.lifecycle",
            _NOTES,
            "MonoVertexRollout",
            slow=_unpause("gradual", "spec.lifecycle", drop("spec.replicas")),
            fast=_unpause("fast", "spec.lifecycle"),
        ),
        _force_promote(),
    ),
    "numaflow.numaproj.io/Pipeline": (
        *_flow(
            "spec.lifecycle",
            _NOTES,
            "",
            slow=_unpause("gradual", "spec.lifecycle", put(_STRATEGY, "slow")),
            fast=_unpause("fast", "spec.lifecycle", put(_STRATEGY, "fast")),
        ),
        _force_promote(),
        row(
            "delete",
            put(f"{_NOTES}[numaplane.numaproj.io/marked-for-deletion]", "true"),
            disabled=f"{_UPGRADE}!=recyclable|recyclable-expired",
            display="Delete",
            icon=f"{_SOLID}trash",
        ),
    ),
    "numaplane.numaproj.io/ISBServiceRollout": (),
    "numaplane.numaproj.io/MonoVertexRollout": _rollout("monoVertex"),
    "numaplane.numaproj.io/PipelineRollout": (
        *_rollout("pipeline"),
        row(
            "allow-data-loss",
            put(_LOSS, "true"),
            disabled="status.upgradeInProgress!=PipelinePauseAndDrain",
            display="Allow (Possible) Data Loss",
            icon=f"{_SOLID}unlock",
        ),
        row(
            "disallow-data-loss",
            drop(_LOSS),
            disabled=f"{_LOSS}!=true",
            display="Disallow Data Loss",
            icon=f"{_SOLID}lock",
        ),
    ),
    "postgresql.cnpg.io/Cluster": (
        row(
            "restart",
            put(f"{_NOTES}[kubectl.kubernetes.io/restartedAt]", "{now}"),
            display="Rollout restart Cluster",
            icon="fa fa-fw fa-recycle",
        ),
        row(
            "reload",
            put(f"{_NOTES}[cnpg.io/reloadedAt]", "{now}"),
            display="Reload all Configuration",
            icon="fa fa-fw fa-rotate-right",
        ),
        row(
            "promote",
            effects.promote_instance,
            disabled=lambda tree: len(((tree.get("status") or {}).get("instancesStatus") or {}).get("healthy") or ()) < 2,
            display="Promote Replica to Primary",
            icon="fa fa-fw fa-angles-up",
            params=fixed(Parameter("instance", "any")),
        ),
        row(
            "suspend",
            put(f"{_NOTES}[cnpg.io/reconciliationLoop]", "disabled"),
            offered=f"{_NOTES}[cnpg.io/reconciliationLoop]!=disabled",
            display="Suspend Reconciliation",
            icon="fa fa-fw fa-pause",
        ),
        row(
            "resume",
            drop(f"{_NOTES}[cnpg.io/reconciliationLoop]"),
            offered=f"{_NOTES}[cnpg.io/reconciliationLoop]=disabled",
            display="Resume Reconciliation",
            icon="fa fa-fw fa-play",
        ),
    ),
    "promoter.argoproj.io/PullRequest": (
        row(
            "merge",
            put("spec.state", "merged"),
            disabled="spec.state!=open",
            display="Merge PR",
            icon="fa fa-fw fa-code-merge",
        ),
    ),
    "psmdb.percona.com/PerconaServerMongoDB": _percona(),
    "pxc.percona.com/PerconaXtraDBCluster": _percona(),
    "source.toolkit.fluxcd.io/Bucket": _FLUX,
    "source.toolkit.fluxcd.io/GitRepository": _FLUX,
    "source.toolkit.fluxcd.io/HelmChart": _FLUX,
    "source.toolkit.fluxcd.io/HelmRepository": _FLUX,
    "source.toolkit.fluxcd.io/OCIRepository": _FLUX,
}
