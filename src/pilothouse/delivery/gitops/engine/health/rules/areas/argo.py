"""Argo CD, Argo Workflows, Argo Events and Argo Rollouts."""

from __future__ import annotations

from pilothouse.delivery.gitops.engine.health.rules.judges.rollouts import argo_rollout
from pilothouse.delivery.gitops.engine.health.rules.language import Rule, conditions, otherwise, phases, rules
from pilothouse.delivery.gitops.engine.health.verdict import DEGRADED, HEALTHY, PROGRESSING, UNKNOWN

RULES: dict[str, Rule] = {
    "argoproj.io/AnalysisRun": rules(
        phases(
            "status.phase",
            {
                "Pending|Running": (PROGRESSING, "Analysis run is running"),
                "Successful": (HEALTHY, "{status.message:Analysis run completed successfully}"),
                "Failed": (DEGRADED, "{status.message:Analysis run failed}"),
                "Error": (DEGRADED, "{status.message:Analysis run had an error}"),
                "Inconclusive": (UNKNOWN, "{status.message:Analysis run was inconclusive}"),
            },
        ),
        otherwise(PROGRESSING, "Waiting for analysis run to finish: status has not been reconciled."),
    ),
    "argoproj.io/ApplicationSet": rules(
        conditions(("ErrorOccurred=True", DEGRADED, "{message}")),
        conditions(("ResourcesUpToDate=False", DEGRADED, "{message}")),
        conditions(("RolloutProgressing=True", PROGRESSING, "{message}")),
        conditions(("ResourcesUpToDate=True", HEALTHY, "{message}")),
        otherwise(PROGRESSING, "Waiting for the status to be reported"),
    ),
    "argoproj.io/CronWorkflow": rules(
        conditions(("SpecError|SubmissionError=True", DEGRADED, "{message}"), ("Completed=True", HEALTHY, "{message}")),
        otherwise(HEALTHY, "CronWorkflow is healthy."),
    ),
    "argoproj.io/EventBus": rules(
        conditions(("Deployed=False", DEGRADED, "{message|reason}"), ("Deployed=True", HEALTHY, "{message|reason}")),
        otherwise(PROGRESSING, "Waiting for initialization"),
    ),
    "argoproj.io/Experiment": rules(
        phases(
            "status.phase",
            {
                "Pending": (PROGRESSING, "Experiment is pending"),
                "Running": (PROGRESSING, "Experiment is running"),
                "Successful": (HEALTHY, "Experiment is successful"),
                "Failed": (DEGRADED, "Experiment has failed"),
                "Error": (DEGRADED, "Experiment had an error"),
            },
        ),
        otherwise(PROGRESSING, "Waiting for experiment to finish: status has not been reconciled."),
    ),
    "argoproj.io/Rollout": argo_rollout,
    "spot.io/SpotDeployment": argo_rollout,
}
