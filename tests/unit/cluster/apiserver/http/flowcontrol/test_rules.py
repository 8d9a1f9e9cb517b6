"""Which FlowSchema a request belongs to."""

from __future__ import annotations

import pytest

from pilothouse.cluster.apiserver.context import Attributes, User
from pilothouse.cluster.apiserver.http.flowcontrol.bootstrap import flow_control_objects
from pilothouse.cluster.apiserver.http.flowcontrol.rules import in_order, schema_of

SCHEMAS = in_order([schema_of(obj) for obj in flow_control_objects() if obj["kind"] == "FlowSchema"])
NODE = User("system:node:a", "", ("system:nodes", "system:authenticated"))
ACCOUNT = User("system:serviceaccount:n:a", "", ("system:serviceaccounts", "system:authenticated"))
SYSTEM = User("system:serviceaccount:kube-system:a", "", ("system:serviceaccounts", "system:authenticated"))
ANYONE = User("u", "", ("system:authenticated",))


def lease(verb: str = "update") -> Attributes:
    return Attributes(verb, True, "coordination.k8s.io", "v1", "leases", "", "kube-node-lease", "a")


def resource(name: str, namespace: str = "", subresource: str = "") -> Attributes:
    return Attributes("get", True, "", "v1", name, subresource, namespace)


@pytest.mark.parametrize(
    ("user", "wanted", "expected"),
    [
        (User("a", "", ("system:masters",)), resource("pods", "n"), "exempt"),
        (ANYONE, Attributes("get", False, path="/livez"), "probes"),
        (ANYONE, Attributes("get", False, path="/livez/etcd"), "global-default"),
        (SYSTEM, lease(), "system-leader-election"), (SYSTEM, lease("list"), "kube-system-service-accounts"),
        (ACCOUNT, lease(), "service-accounts"),
        (NODE, lease(), "system-node-high"), (NODE, resource("nodes", "", "status"), "system-node-high"),
        (NODE, resource("nodes", "", "proxy"), "system-nodes"), (NODE, resource("pods", "n"), "system-nodes"),
        (User("system:kube-scheduler"), resource("pods"), "kube-scheduler"),
        (ANYONE, resource("pods", "n"), "global-default"),
    ],
)  # fmt: skip
def test_the_first_that_matches(user: User, wanted: Attributes, expected: str) -> None:
    assert next(schema.name for schema in SCHEMAS if schema.covers(user, wanted)) == expected


def test_what_tells_flows_apart() -> None:
    by_name = {schema.name: schema for schema in SCHEMAS}
    wanted = resource("pods", "n")
    assert by_name["service-accounts"].distinguisher(ACCOUNT, wanted) == ACCOUNT.name
    assert by_name["kube-scheduler"].distinguisher(ACCOUNT, wanted) == "n"
    assert by_name["exempt"].distinguisher(ACCOUNT, wanted) == ""


def test_rules_of_paths_and_accounts() -> None:
    subjects = [{"kind": "ServiceAccount", "serviceAccount": {"namespace": "n", "name": "a"}}]
    paths = [{"verbs": ["get"], "nonResourceURLs": ["/a/*", "/b"]}]
    schema = schema_of({"metadata": {"name": "s"}, "spec": {"rules": [{"subjects": subjects, "nonResourceRules": paths}]}})
    found = [schema.covers(ACCOUNT, Attributes("get", False, path=path)) for path in ("/a/x", "/a", "/b", "/b/x")]
    assert found == [True, False, True, False] and schema.precedence == 1000
    assert not schema.covers(ACCOUNT, Attributes("put", False, path="/b"))
    assert not schema.covers(User("system:serviceaccount:n:ab"), Attributes("get", False, path="/b"))
