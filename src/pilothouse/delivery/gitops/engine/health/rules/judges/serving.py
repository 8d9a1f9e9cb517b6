"""Judges of functions, models, collectors, scalers and games: conditions counted or told in one sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pilothouse.api.meta import Tree, metadata
from pilothouse.delivery.gitops.engine.health.rules.language import Rule, condition, items, path, shown
from pilothouse.delivery.gitops.engine.health.verdict import DEGRADED, HEALTHY, PROGRESSING, RULES, SUSPENDED, UNKNOWN, Health

_CONDITIONS = path("status.conditions")
_RATIO = re.compile(r"(\d+)/(\d+)")


def scaled(waiting: str, degraded: tuple[str, ...]) -> Rule:
    """Return the rule of a scaler; the message is that of the last condition that counted."""
    bad, good, paused = [condition(each) for each in degraded], condition("Ready=True"), condition("Paused=True")

    def judge(tree: Tree) -> Health:
        is_bad = is_good = is_paused = False
        message = ""
        for each in items(_CONDITIONS(tree)):
            here = (any(test(each) for test in bad), good(each), paused(each))
            if any(here):
                message = shown(each.get("message"))
                is_bad, is_good, is_paused = is_bad or here[0], is_good or here[1], is_paused or here[2]
        if is_bad:
            return Health(DEGRADED, message, RULES)
        if is_good:
            return Health(SUSPENDED if is_paused else HEALTHY, message, RULES)
        return Health(PROGRESSING, waiting, RULES)

    return judge


def knative_operator(kind: str, true: tuple[str, ...], pending: tuple[str, ...]) -> Rule:
    """Return the rule of an operator's object: all of `true` must be True; one of `pending` False means that it goes on."""

    def judge(tree: Tree) -> Health:
        found = _CONDITIONS(tree)
        if found is None:
            return Health(PROGRESSING, f"Waiting for {kind}", RULES)
        done, waits, text = 0, 0, ""
        for number, each in enumerate(items(found), 1):
            name, status = shown(each.get("type")), shown(each.get("status"))
            text += f"{number}: {name} | {status}\n"
            done += name in true and status == "True"
            waits += status == "Unknown" or (name in pending and status == "False")
        if waits:
            return Health(PROGRESSING, text, RULES)
        return Health(HEALTHY, f"{kind} is healthy.", RULES) if done == len(true) else Health(DEGRADED, text, RULES)

    return judge


def knative_service(tree: Tree) -> Health:
    """Judge a Knative Service, telling every condition that is not True."""
    found = _CONDITIONS(tree)
    if found is None:
        return Health(PROGRESSING, "Waiting for status update.", RULES)
    states = {shown(each.get("type")): each for each in items(found)}
    bad = [each for each in states.values() if each.get("status") in {"False", "Unknown"}]
    done = sum((states.get(name) or {}).get("status") == "True" for name in ("ConfigurationsReady", "RoutesReady", "Ready"))
    if done == 3 and not bad:
        return Health(HEALTHY, "Knative Service is healthy.", RULES)
    is_failed = any(each["status"] == "False" for each in bad)
    return Health(DEGRADED if is_failed else PROGRESSING, "".join(map(_sentence, bad)), RULES)


def _sentence(each: Mapping[str, Any]) -> str:
    said = f"{shown(each.get('type'))} is {each['status']}"
    if each.get("reason"):
        said += f", since {shown(each['reason'])}."
    return f"{said} {shown(each['message'])}\n" if each.get("message") else f"{said}\n"


def inference_service(tree: Tree) -> Health:
    """Judge a model server by the transition of its model and by every condition; being stopped is no failure."""
    status = tree.get("status")
    if status is None:
        return Health(PROGRESSING, "Waiting for InferenceService to report status...", RULES)
    transition = path("modelStatus.transitionStatus")(status)
    text = f"0: transitionStatus | {shown(transition)}" if transition not in (None, "UpToDate") else ""
    if status.get("conditions") is None:
        return Health(PROGRESSING, "Waiting for InferenceService to report status...", RULES)
    told, is_stopped = _told(status["conditions"])
    if is_stopped:
        return Health(SUSPENDED, "InferenceService is Stopped", RULES)
    if not text and not told:
        return Health(HEALTHY, "InferenceService is healthy.", RULES)
    is_failed = transition not in (None, "UpToDate", "InProgress")
    return Health(DEGRADED if is_failed else PROGRESSING, text + told, RULES)


def _told(found: Any) -> tuple[str, bool]:
    text, is_stopped = "", False
    for number, each in enumerate(items(found), 1):
        kind, status = shown(each.get("type")), shown(each.get("status"))
        if kind == "Stopped":
            is_stopped = is_stopped or status == "True"
        elif status != "True":
            parts = [f"{number}: {kind}", status, shown(each.get("reason")), shown(each.get("message"))]
            text += " | " + " | ".join(filter(None, parts))
    return text, is_stopped


def spin_app(tree: Tree) -> Health:
    """Judge a SpinApp: a failed rollout first, then availability, replicas and progress."""
    status = tree.get("status")
    if not status and not isinstance(status, dict):
        return Health(PROGRESSING, "Waiting for status to be available", RULES)
    found = {shown(each.get("type")): each for each in items(status.get("conditions"))}
    progressing, available = found.get("Progressing") or {}, found.get("Available") or {}
    message = shown(progressing.get("message"))
    failed = progressing.get("reason") == "ProgressDeadlineExceeded" or any(
        word in message.lower() for word in ("timeout", "failed")
    )
    if progressing.get("status") == "False" and failed:
        return Health(DEGRADED, message or "Application deployment has failed", RULES)
    if available.get("status") != "True":
        default = "Application is not available" if available else ""
        return Health(DEGRADED, shown(available.get("message")) or default, RULES)
    ready, wanted = status.get("readyReplicas") or 0, (tree.get("spec") or {}).get("replicas")
    wanted = 1 if wanted is None else wanted
    if ready < wanted:
        return Health(PROGRESSING, f"Waiting for replicas to be ready ({ready}/{wanted})", RULES)
    if progressing.get("status") == "True":
        return Health(PROGRESSING, message or "Application progress status", RULES)
    return Health(HEALTHY, f"Application is healthy with {ready}/{wanted} replicas ready", RULES)


def game_server(tree: Tree) -> Health:
    """Judge a GameServer: is it in the state it should be in, and is its Pod ready."""
    status = tree.get("status")
    waiting = Health(UNKNOWN, "Waiting for GameServer to be ready", RULES)
    if not status:
        return waiting
    state, wanted = status.get("currentState"), status.get("desiredState")
    if state != wanted:
        text = f"State change: {'Unknown' if state is None else shown(state)} → {'Unknown' if wanted is None else shown(wanted)}"
        return Health(PROGRESSING, text, RULES)
    for each in items(path("podStatus.conditions")(status)):
        if each.get("type") == "KruisePodReady" and each.get("status") != "True":
            return Health(DEGRADED, "Pod is not ready: KruisePodReady", RULES)
    return Health(HEALTHY, "GameServer is Ready", RULES) if state == "Ready" else waiting


def game_server_set(tree: Tree) -> Health:
    """Judge a GameServerSet."""
    status, initial = tree.get("status"), "Waiting for GameServerSet initialization"
    if not isinstance(status, dict) or metadata(tree).get("generation") != status.get("observedGeneration"):
        return Health(PROGRESSING, initial, RULES)
    update = path("spec.updateStrategy.rollingUpdate")(tree) or {}
    if update.get("paused") is True:
        return Health(SUSPENDED, "GameServerSet is paused", RULES)
    partition, total = update.get("partition") or 0, status.get("replicas") or 0
    if partition != 0 and (status.get("updatedReplicas") or 0) >= total - partition:
        return Health(SUSPENDED, f"Partition={shown(partition)}, waiting for manual intervention", RULES)
    if (status.get("updatedReadyReplicas") or 0) == total:
        return Health(HEALTHY, "All GameServerSet replicas are updated and ready", RULES)
    ready = status.get("readyReplicas") or 0
    return Health(PROGRESSING, f"ReadyReplicas {ready}/{total}, still progressing" if ready < total else initial, RULES)


def function(tree: Tree) -> Health:
    """Judge an OpenFaaS Function; one without replicas sleeps."""
    replicas = path("status.replicas")(tree)
    for each in items(_CONDITIONS(tree)):
        kind, status = each.get("type"), each.get("status")
        if (kind, status) in {("Ready", "False"), ("Stalled", "True")}:
            return Health(DEGRADED, shown(each.get("message")), RULES)
        if (kind, status) == ("Ready", "True"):
            if replicas is not None and replicas > 0:
                return Health(HEALTHY, shown(each.get("message")), RULES)
            return Health(SUSPENDED, "No replicas available", RULES)
    return Health(PROGRESSING, "Waiting for Function", RULES)


def collector(tree: Tree) -> Health:
    """Judge an OpenTelemetry collector by `ready/wanted`; sidecars have no replicas of their own."""
    if tree.get("status") is None:
        return Health(PROGRESSING, "Waiting for OpenTelemetry Collector status", RULES)
    mode, counts = path("spec.mode")(tree), path("status.scale.statusReplicas")(tree)
    if counts is None:
        if mode == "sidecar":
            return Health(HEALTHY, "Collector is running in sidecar mode", RULES)
        return Health(PROGRESSING, "Scale status not available", RULES)
    ratio = _RATIO.search(shown(counts))
    if ratio is None:
        return Health(PROGRESSING, f"Unable to parse replica status: {shown(counts)}", RULES)
    ready, total = int(ratio[1]), int(ratio[2])
    if ready == 0:
        if mode == "daemonset" and total == 0:
            return Health(HEALTHY, "DaemonSet has no eligible nodes (0/0)", RULES)
        return Health(DEGRADED, "No replicas are ready", RULES)
    if ready == total:
        return Health(HEALTHY, "All replicas are ready", RULES)
    return Health(PROGRESSING, "Replicas are starting up", RULES)


def spark_running(tree: Tree) -> Health | None:
    """Judge a running application by its executors; None for any other state."""
    state, executors = path("status.applicationState.state")(tree), path("status.executorState")(tree)
    if state != "RUNNING" or not isinstance(executors, dict):
        return None
    running, spec = sum(each == "RUNNING" for each in executors.values()), tree.get("spec") or {}
    bounds = _spark_bounds(spec)
    is_enough = bounds is not None and bounds[0] <= running <= bounds[1]
    if is_enough or (spec.get("executor") or {}).get("instances") == running:
        return Health(HEALTHY, "SparkApplication is Running", RULES)
    return None


def _spark_bounds(spec: Tree) -> tuple[float, float] | None:
    """Return the lowest and highest number of executors when they are allocated dynamically, by the spec or by Spark itself."""
    own, conf = spec.get("dynamicAllocation") or {}, spec.get("sparkConf") or {}
    if own.get("enabled"):
        return float(own.get("minExecutors") or 0), float(own.get("maxExecutors") or "inf")
    for prefix in ("spark.streaming.dynamicAllocation", "spark.dynamicAllocation"):
        if shown(conf.get(f"{prefix}.enabled")) == "true":
            return float(conf.get(f"{prefix}.minExecutors") or 0), float(conf.get(f"{prefix}.maxExecutors") or "inf")
    return None
