"""The FlowSchemas and PriorityLevelConfigurations that every cluster has. Source: the bootstrap objects of flowcontrol v1."""

from __future__ import annotations

from pilothouse.cluster.apiserver.context import Obj

GROUP = "flowcontrol.apiserver.k8s.io"
SCHEMAS, LEVELS = "flowschemas", "prioritylevelconfigurations"
_VERSION = f"{GROUP}/v1"
_EVERYONE = ("system:unauthenticated", "system:authenticated")
_LEVELS: dict[str, tuple[int, int, tuple[int, int] | None]] = {
    "catch-all": (5, 0, None), "global-default": (20, 50, (128, 6)), "leader-election": (10, 0, (16, 4)),
    "node-high": (40, 25, (64, 6)), "system": (30, 33, (64, 6)), "workload-high": (40, 50, (128, 6)),
    "workload-low": (100, 90, (128, 6)),
}  # fmt: skip
"""Shares, percentage that may be lent, and (queues, hand size) of those that queue."""
_QUEUE_LENGTH = 50


def flow_control_objects() -> list[Obj]:
    """Return the objects as they are created."""
    return [*_levels(), *_schemas()]


def _meta(name: str) -> Obj:
    return {"name": name, "annotations": {"apf.kubernetes.io/autoupdate-spec": "true"}}


def _levels() -> list[Obj]:
    out: list[Obj] = []
    for name, (shares, lendable, queues) in _LEVELS.items():
        response: Obj = {"type": "Reject"}
        if queues is not None:
            response = {
                "type": "Queue",
                "queuing": {"queues": queues[0], "handSize": queues[1], "queueLengthLimit": _QUEUE_LENGTH},
            }
        limited = {"nominalConcurrencyShares": shares, "lendablePercent": lendable, "limitResponse": response}
        out.append(_level(name, {"type": "Limited", "limited": limited}))
    return [*out, _level("exempt", {"type": "Exempt", "exempt": {"nominalConcurrencyShares": 0, "lendablePercent": 0}})]


def _level(name: str, spec: Obj) -> Obj:
    return {"apiVersion": _VERSION, "kind": "PriorityLevelConfiguration", "metadata": _meta(name), "spec": spec}


def _schema(name: str, level: str, precedence: int, method: str, *rules: Obj) -> Obj:
    spec: Obj = {"matchingPrecedence": precedence, "priorityLevelConfiguration": {"name": level}, "rules": list(rules)}
    if method:
        spec["distinguisherMethod"] = {"type": method}
    return {"apiVersion": _VERSION, "kind": "FlowSchema", "metadata": _meta(name), "spec": spec}


def _groups(*names: str) -> list[Obj]:
    return [{"kind": "Group", "group": {"name": name}} for name in names]


def _users(*names: str) -> list[Obj]:
    return [{"kind": "User", "user": {"name": name}} for name in names]


def _resources(verbs: list[str], group: str, resources: list[str], *, is_cluster_scoped: bool = False) -> Obj:
    rule = {"verbs": verbs, "apiGroups": [group], "resources": resources, "namespaces": ["*"]}
    return {**rule, "clusterScope": True} if is_cluster_scoped else rule


def _all_of(subjects: list[Obj]) -> Obj:
    everything = _resources(["*"], "*", ["*"], is_cluster_scoped=True)
    return {"subjects": subjects, "resourceRules": [everything], "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}]}


def _schemas() -> list[Obj]:
    accounts: list[Obj] = [{"kind": "ServiceAccount", "serviceAccount": {"namespace": "kube-system", "name": "*"}}]
    electors = [*_users("system:kube-controller-manager", "system:kube-scheduler"), *accounts]
    leases = _resources(["get", "create", "update"], "coordination.k8s.io", ["leases"])
    of_nodes = [
        _resources(["*"], "", ["nodes", "nodes/status"], is_cluster_scoped=True),
        _resources(["*"], "coordination.k8s.io", ["leases"]),
    ]
    probes = {"verbs": ["get"], "nonResourceURLs": ["/healthz", "/readyz", "/livez"]}
    by_user, by_namespace = "ByUser", "ByNamespace"
    return [
        _schema("exempt", "exempt", 1, "", _all_of(_groups("system:masters"))),
        _schema("probes", "exempt", 2, "", {"subjects": _groups(*_EVERYONE), "nonResourceRules": [probes]}),
        _schema("system-leader-election", "leader-election", 100, by_user, {"subjects": electors, "resourceRules": [leases]}),
        _schema("system-node-high", "node-high", 400, by_user, {"subjects": _groups("system:nodes"), "resourceRules": of_nodes}),
        _schema("system-nodes", "system", 500, by_user, _all_of(_groups("system:nodes"))),
        _schema("kube-controller-manager", "workload-high", 800, by_namespace, _all_of(_users("system:kube-controller-manager"))),
        _schema("kube-scheduler", "workload-high", 800, by_namespace, _all_of(_users("system:kube-scheduler"))),
        _schema("kube-system-service-accounts", "workload-high", 900, by_namespace, _all_of(accounts)),
        _schema("service-accounts", "workload-low", 9000, by_user, _all_of(_groups("system:serviceaccounts"))),
        _schema("global-default", "global-default", 9900, by_user, _all_of(_groups(*_EVERYONE))),
        _schema("catch-all", "catch-all", 10000, by_user, _all_of(_groups(*_EVERYONE))),
    ]
