"""Workloads of other controllers: OpenKruise, Knative, KServe, Spark, Flink, KEDA, CronJobs, operators of single products."""

from __future__ import annotations

from pilothouse.delivery.gitops.engine.health.rules.judges import replicas, serving
from pilothouse.delivery.gitops.engine.health.rules.language import Rule, conditions, observed, otherwise, phases, rules, when
from pilothouse.delivery.gitops.engine.health.verdict import DEGRADED, HEALTHY, MISSING, PROGRESSING, SUSPENDED

_STEP = "status.canaryStatus.currentStepState"
_SEEN = "metadata.generation==status.observedGeneration"
_SPARK_LOST = "SparkApplication is in UnknownState because either driver pod or one or all executor pods in unknown state  "
_SPARK_ENDING = (
    "The driver pod has been completed successfully. The executor pods terminate and are cleaned up.\n"
    "                                Under this circumstances, we assume the executor pod are completed."
)


def _scaled(waiting: str, *degraded: str) -> Rule:
    """Return the rule of a KEDA kind: trouble outranks readiness, and a pause counts once it is ready."""
    return serving.scaled(waiting, degraded)


RULES: dict[str, Rule] = {
    "apps.kruise.io/AdvancedCronJob": rules(
        when("!status.lastScheduleTime & spec.paused=true", SUSPENDED, "AdvancedCronJob is Paused"),
        replicas.if_any("status.active", PROGRESSING, "AdvancedCronJobs has active jobs"),
        when("status.lastScheduleTime", HEALTHY, "AdvancedCronJobs has run successfully"),
        otherwise(DEGRADED, "AdvancedCronJobs has not run successfully"),
    ),
    "apps.kruise.io/BroadcastJob": rules(
        when("status.phase=completed & status.desired==status.succeeded", HEALTHY, "BroadcastJob is completed successfully"),
        when("status.phase=failed & status.failed!=0", DEGRADED, "BroadcastJob failed"),
        when("status.phase=paused & spec.paused=true", SUSPENDED, "BroadcastJob is Paused"),
        otherwise(PROGRESSING, "BroadcastJob is still running"),
    ),
    "apps.kruise.io/CloneSet": replicas.clone_set,
    "apps.kruise.io/DaemonSet": replicas.daemon_set,
    "apps.kruise.io/StatefulSet": replicas.stateful_set,
    "apps.openshift.io/DeploymentConfig": replicas.deployment_config,
    "batch/CronJob": replicas.cron_job,
    "camel.apache.org/Integration": rules(
        conditions(("Ready=False", DEGRADED, "{message}"), ("Ready=True", HEALTHY, "{message}")),
        otherwise(PROGRESSING, "Waiting for Integration"),
    ),
    "core.spinkube.dev/SpinApp": serving.spin_app,
    "flink.apache.org/FlinkDeployment": rules(
        when("!status.reconciliationStatus", PROGRESSING, "Waiting for Flink operator"),
        when("status.reconciliationStatus.success", HEALTHY),
        when("status.reconciliationStatus.state=DEPLOYED", HEALTHY),
        when("status.jobManagerDeploymentStatus=DEPLOYED_NOT_READY|DEPLOYING", PROGRESSING, "Waiting for deploying"),
        when("status.jobManagerDeploymentStatus=ERROR", DEGRADED, "{status.reconciliationStatus.error}"),
        otherwise(PROGRESSING, "Waiting for Flink operator"),
    ),
    "game.kruise.io/GameServer": serving.game_server,
    "game.kruise.io/GameServerSet": serving.game_server_set,
    "jaegertracing.io/Jaeger": rules(
        phases(
            "status.phase", {"Running": (HEALTHY, "Jaeger is Running"), "Failed": (DEGRADED, "Jaeger Failed For Some Reason")}
        ),
        otherwise(PROGRESSING, "Waiting for Jaeger"),
    ),
    "keda.sh/ScaledJob": _scaled("Waiting for ScaledJob", "Ready=False", "Ready=Unknown"),
    "keda.sh/ScaledObject": _scaled("Creating HorizontalPodAutoscaler Object", "Ready=False", "Fallback=True"),
    "kiali.io/Kiali": rules(
        conditions(
            ("Successful=True", HEALTHY, "{message}"),
            ("Failure=True", DEGRADED, "{message}"),
            ("Running=* reason=Running", PROGRESSING, "{message}"),
        ),
        otherwise(PROGRESSING, "Waiting for Kiali"),
    ),
    "monitoring.coreos.com/Prometheus": rules(
        conditions(
            ("Available=True", HEALTHY, "All instances are available"),
            ("Available=* reason=SomePodsNotReady", PROGRESSING, "{message|reason}"),
            ("Available=*", DEGRADED, "{message|reason}"),
        ),
        otherwise(PROGRESSING, "Waiting for initialization"),
    ),
    "openfaas.com/Function": serving.function,
    "opentelemetry.io/OpenTelemetryCollector": serving.collector,
    "operator.knative.dev/KnativeEventing": serving.knative_operator(
        "KnativeEventing", true=("Ready", "InstallSucceeded"), pending=("Ready",)
    ),
    "operator.knative.dev/KnativeServing": serving.knative_operator(
        "KnativeServing",
        true=("Ready", "InstallSucceeded", "DependenciesInstalled", "DeploymentsAvailable"),
        pending=("DeploymentsAvailable",),
    ),
    "operator.victoriametrics.com/_": rules(
        when("!status", PROGRESSING, "Waiting for the operator to reconcile"),
        observed("Waiting for the operator to reconcile", PROGRESSING),
        phases(
            "status.updateStatus",
            {
                "operational": (HEALTHY, "All components are operational"),
                "expanding": (PROGRESSING, "{status.reason:-Reconciliation in progress}"),
                "paused": (SUSPENDED, "{status.reason:-Reconciliation is paused}"),
                "failed": (DEGRADED, "{status.reason:-Reconciliation failed}"),
            },
        ),
        otherwise(PROGRESSING, "Waiting for the operator to report status"),
    ),
    "rollouts.kruise.io/Rollout": rules(
        when(f"{_SEEN} & {_STEP}=StepPaused & status.phase=Progressing", SUSPENDED, "Rollout is Paused need manual intervention"),
        when(f"{_SEEN} & {_STEP}=Completed & status.phase=Healthy", HEALTHY, "Rollout is Completed"),
        when(f"{_SEEN} & {_STEP}=StepPaused & status.phase=Terminating|Disabled", DEGRADED, "Rollout is Disabled or Terminating"),
        otherwise(PROGRESSING, "Rollout is still progressing"),
    ),
    "serving.knative.dev/Service": serving.knative_service,
    "serving.kserve.io/InferenceService": serving.inference_service,
    "sparkoperator.k8s.io/SparkApplication": rules(
        serving.spark_running,
        phases(
            "status.applicationState.state",
            {
                "SUBMITTED": (PROGRESSING, "SparkApplication was submitted successfully"),
                "COMPLETED": (HEALTHY, "SparkApplication was Completed"),
                "FAILED|SUBMISSION_FAILED|FAILING": (DEGRADED, "{status.applicationState.errorMessage}"),
                "PENDING_RERUN": (PROGRESSING, "SparkApplication is Pending Rerun"),
                "INVALIDATING": (MISSING, "SparkApplication is in InvalidatingState"),
                "SUCCEEDING": (PROGRESSING, _SPARK_ENDING),
                "UNKNOWN": (PROGRESSING, _SPARK_LOST),
            },
        ),
        when(
            "status.applicationState & status.applicationState.state=",
            PROGRESSING,
            "SparkApplication was added, enqueuing it for submission",
        ),
        otherwise(PROGRESSING, "Waiting for Executor pods"),
    ),
}
