"""What runs or stands for things at cloud providers: nodes, certificates, roles, stacks, monitoring services."""

from __future__ import annotations

from pilothouse.delivery.gitops.engine.health.rules.language import (
    Rule,
    conditions,
    newest,
    observed,
    otherwise,
    phases,
    rules,
    when,
)
from pilothouse.delivery.gitops.engine.health.verdict import DEGRADED, HEALTHY, PROGRESSING, SUSPENDED

_ATLAS = "Waiting for Atlas Operator"
_CORALOGIX = rules(
    conditions(("RemoteSynced=True", HEALTHY, "Resource is ready"), ("RemoteSynced=False", DEGRADED, "{message}")),
    otherwise(PROGRESSING, "Waiting for status to be updated"),
)
_SAP = rules(
    when("metadata.deletionTimestamp", PROGRESSING, "Resource is being deleted"),
    newest(
        "Waiting for spec update to be observed",
        conditions(("Succeeded=False", DEGRADED, "{message}"), ("Failed=True", DEGRADED, "{message}")),
    ),
    when("status.conditions", HEALTHY, "Ready to use"),
    otherwise(PROGRESSING, "Waiting for status"),
)
_ROLE = "role '{status.roleName:<none>}' with ARN '{status.roleARN:<none>}' and ID '{status.roleID:<none>}'."
_ROLE_STUCK = "status.state=Error|RolesMaxLimitReached|PolicyNotAllowed|RoleNameNotAvailable"

RULES: dict[str, Rule] = {
    "coralogix.com/Alert": _CORALOGIX,
    "coralogix.com/RecordingRuleGroupSet": _CORALOGIX,
    "datadoghq.com/DatadogMetric": rules(
        conditions(
            ("Error=True reason!=", DEGRADED, "{reason}: {message:DatadogMetric reported an error}"),
            ("Error=True", DEGRADED, "{message:DatadogMetric reported an error}"),
        ),
        conditions(("Valid=False", DEGRADED, "{message:DatadogMetric is not valid}")),
        otherwise(HEALTHY, "DatadogMetric is healthy"),
    ),
    "db.atlasgo.io/AtlasMigration": rules(
        conditions(
            ("Ready=True", HEALTHY, "{reason}"),
            ("Ready=* reason=Reconciling", PROGRESSING, "{reason}"),
            ("Ready=*", DEGRADED, "{reason}"),
        ),
        otherwise(PROGRESSING, _ATLAS),
    ),
    "db.atlasgo.io/AtlasSchema": rules(
        conditions(
            ("Ready=True", HEALTHY, "{reason}"),
            ("Ready=* message=Reconciling|GettingDevDB", PROGRESSING, "{reason}"),
            ("Ready=*", DEGRADED, "{reason}"),
        ),
        otherwise(PROGRESSING, _ATLAS),
    ),
    "iammanager.keikoproj.io/Iamrole": rules(
        when(
            "status.state=Ready",
            HEALTHY,
            "Role '{status.roleName:<none>}' exists with ARN '{status.roleARN:<none>}' and ID '{status.roleID:<none>}'.",
        ),
        *(
            when(
                f"{_ROLE_STUCK}{tries}{reason}",
                DEGRADED,
                f"Failed to reconcile the Iamrole {'(retry {status.retryCount}) ' if tries else ''}for {_ROLE}"
                f"{' Reconciliation error was: {status.errorDescription}' if reason else ''}",
            )
            for tries in (" & status.retryCount & status.retryCount!=0", "")
            for reason in (" & status.errorDescription", "")
        ),
        otherwise(PROGRESSING, "Waiting for Iamrole to be reconciled"),
    ),
    "karpenter.k8s.aws/EC2NodeClass": rules(
        conditions(("Ready=False", DEGRADED, "{message}"), ("Ready=True", HEALTHY, "EC2NodeClass is ready")),
        conditions(("SubnetsReady|SecurityGroupsReady|ValidationSucceeded=False", DEGRADED, "{message}")),
        otherwise(PROGRESSING, "Waiting for EC2NodeClass to be ready"),
    ),
    "karpenter.sh/NodeClaim": rules(
        observed("Waiting for NodeClaim spec to be reconciled", PROGRESSING),
        conditions(("Disrupting=True", SUSPENDED, "{message}")),
        conditions(("Ready=True", HEALTHY, "{message}"), ("Ready=False", DEGRADED, "{message}")),
        conditions(("Initialized=True", PROGRESSING, "Node initialized, waiting for Ready")),
        conditions(("Registered=True", PROGRESSING, "Node registered, waiting for initialization")),
        conditions(("Launched=True", PROGRESSING, "Node launched, waiting for registration")),
        otherwise(PROGRESSING, "Waiting for NodeClaim to be launched"),
    ),
    "karpenter.sh/NodePool": rules(
        conditions(("Ready=False", DEGRADED, "{message}"), ("Ready=True", HEALTHY, "{message}")),
        conditions(("NodeClassReady=False", DEGRADED, "{message}")),
        otherwise(PROGRESSING, "Waiting for NodePool to be ready"),
    ),
    "networking.gke.io/ManagedCertificate": rules(
        conditions(
            ("*=FailedNotVisible", DEGRADED, "At least one certificate has failed to be provisioned"), at="status.domainStatus"
        ),
        when("status.certificateStatus=Active", HEALTHY, "All certificates are active"),
        otherwise(PROGRESSING, "At least one certificate is still being provisioned"),
    ),
    "pulumi.com/Stack": rules(
        when(
            "metadata.generation!==status.observedGeneration",
            PROGRESSING,
            "Waiting for the operator to observe the latest spec change",
        ),
        when("!status", PROGRESSING, "Waiting for the operator to observe the latest spec change"),
        conditions(
            ("Stalled=True", DEGRADED, "{message}"),
            ("Reconciling=True", PROGRESSING, "{message}"),
            ("Ready=True", HEALTHY, "{message}"),
        ),
        otherwise(PROGRESSING, "Waiting for the stack to be reconciled"),
    ),
    "services.cloud.sap.com/ServiceBinding": _SAP,
    "services.cloud.sap.com/ServiceInstance": _SAP,
    "tower.ansible.com/AnsibleJob": rules(
        phases(
            "status.ansibleJobResult.status",
            {
                "successful": HEALTHY,
                "failed|error|canceled": DEGRADED,
                "new|pending|waiting|running": PROGRESSING,
            },
            "{status.ansibleJobResult.status} job - {status.ansibleJobResult.url}",
        ),
        otherwise(PROGRESSING, "Waiting for AnsibleJob"),
    ),
}
