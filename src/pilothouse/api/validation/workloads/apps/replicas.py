"""Rules of Deployments, ReplicaSets, ReplicationControllers and DaemonSets."""

from __future__ import annotations

from collections.abc import Callable

from pilothouse.api.findings import invalid, required
from pilothouse.api.validation.checks import Findings, Obj, all_non_negative, immutable, label_selector, non_negative
from pilothouse.api.validation.workloads.apps.rollouts import daemon_strategy, deployment_strategy
from pilothouse.api.validation.workloads.apps.templates import (
    NO_MATCH,
    is_empty,
    label_match,
    long_running,
    selected_template,
    template_labels,
)

_UNREADABLE = "invalid label selector"


def deployment(obj: Obj) -> Findings:
    """A new Deployment."""
    spec = obj["spec"]
    out = non_negative("spec.replicas", spec.get("replicas"))
    out += selected_template(spec, "ReplicaSet", "deployment", _UNREADABLE)
    out += deployment_strategy(spec.get("strategy") or {}, "spec.strategy")
    out += all_non_negative("spec", spec, "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds")
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None and deadline <= spec.get("minReadySeconds", 0):
        out.append(invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds"))
    return out


def replica_set(obj: Obj) -> Findings:
    """A new ReplicaSet."""
    spec = obj["spec"]
    out = all_non_negative("spec", spec, "replicas", "minReadySeconds")
    return out + selected_template(spec, "ReplicaSet", "deployment", _UNREADABLE)


def replication_controller(obj: Obj) -> Findings:
    """A new ReplicationController."""
    spec = obj["spec"]
    out = all_non_negative("spec", spec, "minReadySeconds")
    selector, labels = spec.get("selector") or {}, template_labels(spec) or {}
    if not selector:
        out.append(required("spec.selector"))
    out += non_negative("spec.replicas", spec.get("replicas"))
    if not spec.get("template"):
        return [*out, required("spec.template")]
    if any(labels.get(key) != value for key, value in selector.items()):
        out.append(invalid("spec.template.metadata.labels", labels, NO_MATCH))
    return out + long_running(spec, "ReplicationController")


def daemon_set(obj: Obj) -> Findings:
    """A new DaemonSet, whose selector is not said to be missing."""
    spec = obj["spec"]
    selector = spec.get("selector")
    out = label_selector("spec.selector", selector)
    if not out:
        out += label_match(spec)
    if selector is not None and is_empty(selector):
        out.append(invalid("spec.selector", selector, "empty selector is invalid for daemonset"))
    out += long_running(spec, "DaemonSet")
    out += non_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    out += daemon_strategy(spec.get("updateStrategy") or {}, "spec.updateStrategy")
    return out + non_negative("spec.revisionHistoryLimit", spec.get("revisionHistoryLimit"))


def selector_update(check: Callable[[Obj], Findings], times: int = 1) -> Callable[[Obj, Obj], Findings]:
    """Return the rule of an update: that of a create, and the selector may not change.

    The reference server looks at some kinds twice and reports what it finds as often.
    """

    def update(new: Obj, old: Obj) -> Findings:
        return check(new) * times + immutable("spec.selector", new["spec"].get("selector"), old["spec"].get("selector"))

    return update
