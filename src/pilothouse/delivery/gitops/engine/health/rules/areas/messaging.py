"""Message brokers and streams: Strimzi, Confluent, Banzai Cloud, RabbitMQ."""

from __future__ import annotations

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.engine.health.rules.language import (
    Rule,
    conditions,
    items,
    only,
    otherwise,
    path,
    phases,
    rules,
    shown,
    when,
)
from pilothouse.delivery.gitops.engine.health.verdict import DEGRADED, HEALTHY, PROGRESSING, SUSPENDED, UNKNOWN, Health
from pilothouse.delivery.gitops.engine.health.verdict import RULES as SOURCE


def _strimzi(name: str, not_ready: str = "NotReady=True") -> Rule:
    return rules(
        conditions((not_ready, DEGRADED, "{message}"), ("Ready=True", HEALTHY, "")),
        otherwise(PROGRESSING, f"Waiting for {name}"),
    )


def _confluent(name: str) -> Rule:
    return rules(
        phases("status.phase", {"RUNNING": (HEALTHY, f"{name} running"), "PROVISIONING": (PROGRESSING, f"{name} provisioning")}),
        otherwise(PROGRESSING, f"Waiting for {name}"),
    )


def _rabbit(name: str) -> Rule:
    """Return the rule of what the messaging topology operator makes in a broker."""
    return rules(
        conditions(
            ("Ready=True reason=SuccessfulCreateOrUpdate", HEALTHY, f"RabbitMQ {name} ready"),
            ("Ready=False reason=FailedCreateOrUpdate", DEGRADED, f"RabbitMQ {name} failed to be created or updated"),
        ),
        otherwise(UNKNOWN, f"RabbitMQ {name} status is unknown"),
    )


_BROKERS = path("status.brokersState")
_BANZAI_BUSY = {
    "ClusterReconciling": "Kafka Cluster is Reconciling.",
    "ClusterRollingUpgrading": "Kafka Cluster is Rolling Upgrading.",
}


def _banzai(tree: Tree) -> Health | None:
    """Judge by the state while the operator works, else by the brokers in sync and the topic of Cruise Control."""
    brokers = _BROKERS(tree)
    if not isinstance(brokers, dict):
        return None
    topic, state = tree["status"].get("cruiseControlTopicStatus"), shown(tree["status"].get("state"))
    if state in _BANZAI_BUSY:
        return Health(PROGRESSING, _BANZAI_BUSY[state], SOURCE)
    done = {"GracefulUpscaleSucceeded", "GracefulDownscaleSucceeded"}
    in_sync = sum(
        each.get("configurationState") == "ConfigInSync"
        and (each.get("gracefulActionState") or {}).get("cruiseControlState") in done
        for each in items(brokers)
    )
    if in_sync != len(brokers):
        return Health(DEGRADED, "Broker Config is out of Sync or CruiseControlState is not Ready", SOURCE)
    if topic == "CruiseControlTopicReady" and state == "ClusterRunning":
        return Health(HEALTHY, "Kafka Brokers, CruiseControl and cluster are in Healthy State.", SOURCE)
    return None


def _rabbit_cluster(tree: Tree) -> Health | None:
    """Judge a broker by two conditions; both are unknown for a moment while it forms."""
    found = {shown(each.get("type")): each for each in items((tree.get("status") or {}).get("conditions"))}
    available, ready = found.get("ClusterAvailable") or {}, found.get("AllReplicasReady") or {}
    states = (available.get("status"), ready.get("status"))
    if "Unknown" in states:
        return Health(PROGRESSING, "Waiting for RabbitMQ cluster readiness (conditions unknown)", SOURCE)
    scaled_down = ready.get("reason") == "ScaledToZero" and states[1] == "False"
    if scaled_down and (tree.get("spec") or {}).get("replicas") == 0:
        return Health(SUSPENDED, "RabbitmqCluster is scaled to 0 replicas", SOURCE)
    if states[0] == "False":
        return Health(PROGRESSING, "Waiting for RabbitMQ cluster formation", SOURCE)
    if states[1] == "False":
        return Health(PROGRESSING, "Waiting for RabbitMQ instances ready", SOURCE)
    return Health(HEALTHY, "RabbitMQ cluster ready", SOURCE) if states == ("True", "True") else None


RULES: dict[str, Rule] = {
    "kafka.banzaicloud.io/KafkaCluster": rules(_banzai, otherwise(PROGRESSING, "Waiting for KafkaCluster")),
    "kafka.strimzi.io/Kafka": _strimzi("Kafka Cluster", "NotReady=True reason!=Creating"),
    "kafka.strimzi.io/KafkaBridge": _strimzi("KafkaBridge"),
    "kafka.strimzi.io/KafkaConnect": _strimzi("Kafka Connect"),
    "kafka.strimzi.io/KafkaConnector": _strimzi("KafkaConnector"),
    "kafka.strimzi.io/KafkaTopic": _strimzi("Kafka Topic"),
    "kafka.strimzi.io/KafkaUser": _strimzi("Kafka User"),
    "platform.confluent.io/Connect": _confluent("Connect"),
    "platform.confluent.io/Connector": rules(
        when("status.state=CREATED & status.connectorState=RUNNING & !status.failedTasksCount", HEALTHY, "Connector running"),
        only("status.state=ERROR", conditions(("*=*", DEGRADED, "{message}")), otherwise(DEGRADED, "No conditions available")),
        when("status.state & status.failedTasksCount & status.failedTasksCount!=0", DEGRADED, "Connector has failed tasks"),
        otherwise(PROGRESSING, "Waiting for Kafka Connector"),
    ),
    "platform.confluent.io/ControlCenter": _confluent("ControlCenter"),
    "platform.confluent.io/Kafka": _confluent("Kafka"),
    "platform.confluent.io/KsqlDB": _confluent("KsqlDB"),
    "platform.confluent.io/SchemaRegistry": _confluent("SchemaRegistry"),
    "platform.confluent.io/Zookeeper": _confluent("Zookeeper"),
    "rabbitmq.com/Binding": _rabbit("binding"),
    "rabbitmq.com/Exchange": _rabbit("exchange"),
    "rabbitmq.com/Permission": _rabbit("permission"),
    "rabbitmq.com/Policy": _rabbit("policy"),
    "rabbitmq.com/Queue": _rabbit("queue"),
    "rabbitmq.com/RabbitmqCluster": rules(
        conditions(("ReconcileSuccess=False", DEGRADED, "{message}")),
        _rabbit_cluster,
        otherwise(PROGRESSING, "Waiting for RabbitMQ Operator"),
    ),
    "rabbitmq.com/Shovel": _rabbit("shovel"),
    "rabbitmq.com/User": _rabbit("user"),
    "rabbitmq.com/Vhost": _rabbit("vhost"),
}
