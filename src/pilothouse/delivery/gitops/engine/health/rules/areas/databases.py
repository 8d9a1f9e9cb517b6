"""Databases, search, caches and storage."""

from __future__ import annotations

from pilothouse.delivery.gitops.engine.health.rules.judges import stores
from pilothouse.delivery.gitops.engine.health.rules.language import Rule, conditions, otherwise, phases, rules, when
from pilothouse.delivery.gitops.engine.health.verdict import DEGRADED, HEALTHY, MISSING, PROGRESSING, SUSPENDED, UNKNOWN

_REPORT = "Ensure your ArgoCD is current and then check for/file a bug report: https://github.com/argoproj/argo-cd/issues"
_MARIA = "No status info available"
_MARIA_READY = rules(
    conditions(("Ready=True", HEALTHY, "{message}"), ("Ready=*", DEGRADED, "{message}")),
    stores.last_message,
    otherwise(PROGRESSING, _MARIA),
)
_MARIA_DB = rules(
    conditions(("*=False reason=Failed", DEGRADED, "{message}"), ("*=False", PROGRESSING, "{message}")),
    stores.last_message_as(HEALTHY),
    otherwise(PROGRESSING, _MARIA),
)
_NODES = "{status.ready}/{status.size} node(s) are ready"
_HUMIO = rules(
    phases(
        "status.state",
        {
            name: (status, f"Component state: {name}.")
            for name, status in (
                ("Exists", HEALTHY), ("NotFound", MISSING), ("ConfigError", DEGRADED), ("Unknown", UNKNOWN),
            )
        },
    ),
    otherwise(PROGRESSING, "Update in progress"),
)  # fmt: skip


def _altinity(name: str) -> Rule:
    return rules(
        phases(
            "status.status",
            {
                "Completed": (HEALTHY, f"{name} installation completed successfully"),
                "InProgress": (PROGRESSING, f"{name} installation in progress"),
            },
            other=(DEGRADED, f"{name} status: {{status.status}}"),
        ),
        otherwise(PROGRESSING, f"{name} status not yet available"),
    )


def _elastic(name: str, *others: Rule) -> Rule:
    return rules(*others, otherwise(UNKNOWN, f"{name} status is unknown. {_REPORT}"))


RULES: dict[str, Rule] = {
    "acid.zalan.do/postgresql": rules(
        phases(
            "status.PostgresClusterStatus",
            {
                "Running": (HEALTHY, "Running"),
                "Creating|Updating": (PROGRESSING, "{status.PostgresClusterStatus}"),
            },
            other=(DEGRADED, "{status.PostgresClusterStatus}"),
        ),
        otherwise(PROGRESSING, "Waiting for postgres cluster status..."),
    ),
    "beat.k8s.elastic.co/Beat": _elastic(
        "Elastic Beat",
        when("status.health=red", DEGRADED, "Elastic Beat status is Red"),
        when("status.health=green", HEALTHY, "Elastic Beat status is Green"),
        when(
            "status.health=yellow & status.availableNodes & status.expectedNodes",
            PROGRESSING,
            "Elastic Beat status is deploying, there is {status.availableNodes} instance(s) on {status.expectedNodes} expected",
        ),
        when("status.health=yellow", PROGRESSING, "Elastic Beat phase is progressing"),
        when("!status.health & status.expectedNodes", PROGRESSING, "Elastic Beat phase is progressing"),
    ),
    "cassandra.rook.io/Cluster": stores.cassandra,
    "ceph.rook.io/CephCluster": stores.ceph_cluster,
    "ceph.rook.io/CephObjectStore": stores.ceph_object_store,
    "clickhouse-keeper.altinity.com/ClickHouseKeeperInstallation": _altinity("ClickHouseKeeper"),
    "clickhouse.altinity.com/ClickHouseInstallation": _altinity("ClickHouse"),
    "core.humio.com/HumioAction": _HUMIO,
    "core.humio.com/HumioAlert": _HUMIO,
    "core.humio.com/HumioCluster": rules(
        phases(
            "status.state",
            {
                "Running": (HEALTHY, "{status.message:Cluster is in a healthy running state}"),
                "Restarting": (PROGRESSING, "{status.message:Cluster pods are being restarted}"),
                "Upgrading": (PROGRESSING, "{status.message:Cluster pods are being upgraded}"),
                "ConfigError": (
                    DEGRADED,
                    "{status.message:User-provided cluster specification resulted in a configuration error}",
                ),
                "Pending": (PROGRESSING, "{status.message:Cluster is waiting on resources to be provisioned}"),
                "Unknown": (UNKNOWN, "{status.message:Component state: Unknown.}"),
            },
        ),
        otherwise(PROGRESSING, "Update in progress"),
    ),
    "core.humio.com/HumioIngestToken": _HUMIO,
    "core.humio.com/HumioParser": _HUMIO,
    "core.humio.com/HumioRepository": _HUMIO,
    "core.humio.com/HumioView": _HUMIO,
    "elasticsearch.k8s.elastic.co/Elasticsearch": _elastic("Elasticsearch Cluster", stores.elasticsearch),
    "k8s.mariadb.com/Backup": rules(
        conditions(
            ("*=False reason=CronJobScheduled message=Failed", DEGRADED, "{reason} {message}"),
            ("*=False", PROGRESSING, "{reason} {message}"),
        ),
        stores.last_reason_and_message(HEALTHY),
        otherwise(PROGRESSING, _MARIA),
    ),
    "k8s.mariadb.com/Database": _MARIA_READY,
    "k8s.mariadb.com/Grant": _MARIA_READY,
    "k8s.mariadb.com/MariaDB": _MARIA_DB,
    "k8s.mariadb.com/SqlJob": rules(
        conditions(
            ("*=True reason=JobComplete", HEALTHY, "{reason} {message}"),
            ("*=True reason=JobFailed", DEGRADED, "{reason} {message}"),
        ),
        stores.last_reason_and_message(PROGRESSING),
        otherwise(PROGRESSING, _MARIA),
    ),
    "k8s.mariadb.com/User": _MARIA_READY,
    "logstash.k8s.elastic.co/Logstash": rules(
        phases(
            "status.health",
            {
                "green": (HEALTHY, "Logstash status is Green"),
                "yellow": (PROGRESSING, "Logstash status is Yellow"),
                "red": (DEGRADED, "Logstash status is Red"),
            },
        ),
        otherwise(PROGRESSING, "Waiting for Logstash"),
    ),
    "mariadb.mmontes.io/MariaDB": _MARIA_DB,
    "minio.min.io/Tenant": rules(
        when("!status.currentState", PROGRESSING, "No status info available"),
        stores.minio_tenant,
    ),
    "objectbucket.io/ObjectBucketClaim": rules(
        when("!status", PROGRESSING, "Waiting for status to be reported"),
        phases(
            "status.phase",
            {"Bound": HEALTHY, "Failed": DEGRADED},
            "Object bucket claim phase is {status.phase}",
            other=(PROGRESSING, "Object bucket claim phase is {status.phase}"),
        ),
        otherwise(PROGRESSING, "Waiting for phase to be reported"),
    ),
    "ocs.openshift.io/StorageCluster": rules(
        conditions(("Degraded=True", DEGRADED, "{message}")),
        conditions(
            ("Progressing=False", PROGRESSING, "{message}"),
            ("Upgradeable|Available=True", HEALTHY, "{message}"),
        ),
        otherwise(PROGRESSING, "StorageCluster is still being initialized or is in an unknown state."),
    ),
    "postgresql.cnpg.io/Cluster": stores.cnpg_cluster,
    "psmdb.percona.com/PerconaServerMongoDB": rules(
        when("!status", UNKNOWN, "Cluster status is unknown"),
        phases(
            "status.state",
            {"initializing|stopping": PROGRESSING, "ready": HEALTHY, "error": DEGRADED, "paused": SUSPENDED},
            _NODES,
        ),
        otherwise(UNKNOWN, _NODES),
    ),
    "pxc.percona.com/PerconaXtraDBCluster": rules(
        when("status.state=error", DEGRADED, "Cluster is on error: {status.message}"),
        phases(
            "status.state",
            {
                "initializing": (PROGRESSING, _NODES),
                "ready": (HEALTHY, _NODES),
                "paused": (UNKNOWN, "Cluster is paused"),
                "stopping": (DEGRADED, f"Cluster is stopping ({_NODES})"),
            },
        ),
        otherwise(UNKNOWN, f"Cluster status is unknown. {_REPORT}"),
    ),
    "snapshot.storage.k8s.io/VolumeSnapshot": rules(
        when("status.readyToUse", HEALTHY, "Ready to use"),
        when("status.error", DEGRADED, "{status.error.message}"),
        otherwise(PROGRESSING, "Waiting for status"),
    ),
    "snapshot.storage.k8s.io/VolumeSnapshotContent": rules(
        when("status.readyToUse", HEALTHY, "Ready to use"),
        when("status.error", DEGRADED, "{status.error.message}"),
        otherwise(PROGRESSING, "Waiting for status"),
    ),
    "solr.apache.org/SolrCloud": stores.solr,
    "trident.netapp.io/TridentBackendConfig": rules(
        when("status.phase=Bound & status.lastOperationStatus=Success", HEALTHY, "{status.message}"),
        when("status.lastOperationStatus=Failed", DEGRADED, "{status.message}"),
        otherwise(PROGRESSING, "Waiting for backend creation"),
    ),
    "trident.netapp.io/TridentOrchestrator": rules(
        phases("status.status", {"Installed": HEALTHY, "Failed|Error": DEGRADED}, "{status.message}"),
        otherwise(PROGRESSING, "Waiting for trident installation"),
    ),
    "zookeeper.pravega.io/ZookeeperCluster": rules(
        when(
            "status & status.readyReplicas!=0 & status.readyReplicas==status.replicas",
            HEALTHY,
            "All ZK Nodes have joined the ensemble",
        ),
        otherwise(PROGRESSING, "Waiting for ZK Nodes to join the ensemble"),
    ),
}
