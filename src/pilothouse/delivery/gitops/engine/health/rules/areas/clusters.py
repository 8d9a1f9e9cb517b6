"""Clusters and machines: Cluster API, KubeVirt, Karmada, Gardener, OLM, Astra."""

from __future__ import annotations

from pilothouse.delivery.gitops.engine.health.rules.judges import machines
from pilothouse.delivery.gitops.engine.health.rules.language import Rule, conditions, only, otherwise, phases, rules, when
from pilothouse.delivery.gitops.engine.health.verdict import DEGRADED, HEALTHY, PROGRESSING, SUSPENDED, UNKNOWN

_NO_STATUS = "No status available"
_ASTRA_RUN = rules(
    phases(
        "status.state",
        {"Completed": (HEALTHY, "{kind} Completed"), "Running": (PROGRESSING, "{kind} Running")},
        other=(DEGRADED, "{status.state}"),
    ),
    otherwise(PROGRESSING, _NO_STATUS),
)

RULES: dict[str, Rule] = {
    "addons.cluster.x-k8s.io/ClusterResourceSet": rules(
        conditions(
            ("ResourcesApplied=True", HEALTHY, "cluster resource set is applied"),
            ("ResourcesApplied=False", DEGRADED, "{message}"),
        ),
        otherwise(PROGRESSING, "Initializing cluster resource set"),
    ),
    "astra.netapp.io/AppVault": rules(
        phases(
            "status.state", {"available|Available": (HEALTHY, "{kind} Available"), "failed|Failed": (DEGRADED, "{kind} Failed")}
        ),
        otherwise(PROGRESSING, _NO_STATUS),
    ),
    "astra.netapp.io/Application": rules(
        conditions(
            ("Ready=True", HEALTHY, "Astra Application Ready, protectionState: {status.protectionState}"),
            ("Ready=False", DEGRADED, "Astra Application Degraded, message: {message}"),
        ),
        otherwise(PROGRESSING, _NO_STATUS),
    ),
    "astra.netapp.io/Backup": _ASTRA_RUN,
    "astra.netapp.io/ExecHook": rules(
        when("spec.enabled=true", HEALTHY, "{kind} enabled"),
        when("spec.enabled=false", SUSPENDED, "{kind} disabled"),
        otherwise(PROGRESSING, _NO_STATUS),
    ),
    "astra.netapp.io/ExecHooksRun": _ASTRA_RUN,
    "astra.netapp.io/ResourceBackup": _ASTRA_RUN,
    "astra.netapp.io/ResticVolumeBackup": _ASTRA_RUN,
    "astra.netapp.io/Schedule": rules(
        when("status.lastScheduleTime", HEALTHY, "Protection policy lastScheduleTime: {status.lastScheduleTime}"),
        otherwise(HEALTHY, "Protection policy not yet executed"),
    ),
    "astra.netapp.io/Snapshot": _ASTRA_RUN,
    "cdi.kubevirt.io/DataVolume": rules(
        when("status.phase=Succeeded", HEALTHY, "Succeeded"),
        when("status.phase=Paused", SUSPENDED, "Paused"),
        conditions(("Running=False reason=Error", DEGRADED, "{message}")),
        phases("status.phase", {"Failed|Unknown": DEGRADED}, "{status.phase}", other=(PROGRESSING, "{status.phase}")),
        otherwise(PROGRESSING, _NO_STATUS),
    ),
    "cluster.x-k8s.io/Cluster": rules(
        when("spec.paused", SUSPENDED, "Cluster is paused"),
        conditions(("Ready=False", DEGRADED, "{message}")),
        phases("status.phase", {"Provisioned": (HEALTHY, "Cluster is running"), "Failed": (DEGRADED, "")}),
        otherwise(PROGRESSING, "Waiting for clusters"),
    ),
    "cluster.x-k8s.io/Machine": rules(
        when("status.phase=Running", HEALTHY, "Machine is running"),
        only(
            "status.phase=Failed",
            conditions(("Ready=False", DEGRADED, "{message}")),
            otherwise(DEGRADED, "Condition is unknown"),
        ),
        conditions(("Ready=False", PROGRESSING, "{message}")),
        otherwise(PROGRESSING, "Condition is unknown"),
    ),
    "cluster.x-k8s.io/MachineDeployment": rules(
        when("spec.paused", SUSPENDED, "MachineDeployment is paused"),
        when(
            "status.phase=Running & status.replicas==status.updatedReplicas & status.replicas==status.readyReplicas",
            HEALTHY,
            "Machines are running under this deployment",
        ),
        phases(
            "status.phase",
            {
                "ScalingUp": (PROGRESSING, "Cluster is spawning machines"),
                "ScalingDown": (PROGRESSING, "Cluster is stopping machines"),
                "Failed": (DEGRADED, "MachineDeployment is failed"),
            },
        ),
        otherwise(PROGRESSING, "Waiting for machines"),
    ),
    "cluster.x-k8s.io/MachineHealthCheck": rules(
        when("!status.currentHealthy", PROGRESSING),
        when("status.expectedMachines==status.currentHealthy", HEALTHY),
        otherwise(DEGRADED),
    ),
    "cluster.x-k8s.io/MachinePool": machines.machine_pool,
    "controlplane.cluster.x-k8s.io/AWSManagedControlPlane": machines.control_plane,
    "core.gardener.cloud/Shoot": rules(
        phases(
            "metadata.labels[shoot.gardener.cloud/status]",
            {
                "healthy": (HEALTHY, "Component state: Healthy"),
                "progressing": (PROGRESSING, "Component state: Update in progress"),
                "unknown": (UNKNOWN, "Component state: Unknown"),
            },
        ),
        only(
            "metadata.labels[shoot.gardener.cloud/status]=unhealthy",
            conditions(("*!=True", DEGRADED, "Component state: Unhealthy (> 15 minutes)")),
            otherwise(DEGRADED, "Component state: Unhealthy"),
        ),
        otherwise(PROGRESSING, "Update in progress"),
    ),
    "kubevirt.io/VirtualMachine": rules(
        conditions(("Paused=True", SUSPENDED, "Paused")),
        conditions(("Ready=True", HEALTHY, "{status.printableStatus:Running}")),
        only("status.created", conditions(("Ready=*", PROGRESSING, "{status.printableStatus:Starting}"))),
        conditions(("Ready=*", SUSPENDED, "{status.printableStatus:Stopped}")),
        when("status.printableStatus", PROGRESSING, "{status.printableStatus}"),
        otherwise(PROGRESSING, _NO_STATUS),
    ),
    "kubevirt.io/VirtualMachineInstance": rules(
        phases(
            "status.phase",
            {"Failed": DEGRADED, "Pending|Scheduling|Scheduled": PROGRESSING, "Succeeded": SUSPENDED, "Unknown": UNKNOWN},
            "{status.phase}",
        ),
        conditions(("Paused=True", SUSPENDED, "{message}")),
        conditions(("Ready=True", HEALTHY, "Running"), ("Ready=*", DEGRADED, "{message}")),
        when("status.phase", PROGRESSING, "{status.phase}"),
        otherwise(PROGRESSING, _NO_STATUS),
    ),
    "operators.coreos.com/Subscription": machines.subscription,
    "work.karmada.io/ClusterResourceBinding": machines.resource_binding,
    "work.karmada.io/ResourceBinding": machines.resource_binding,
}
