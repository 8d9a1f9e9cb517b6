"""Environment: expansion, references and service variables."""

from __future__ import annotations

import pytest

from pilothouse.cluster.nodeagent.engine.env import Sources, container_env, expand, field_value, resource_value, service_env
from pilothouse.cluster.nodeagent.errors import ConfigMissing

POD = {"metadata": {"name": "p", "namespace": "n", "uid": "u", "labels": {"b": "2", "a": '1"'}}, "spec": {"nodeName": "node"}}
EMPTY = Sources(lambda _n: None, lambda _n: None)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("$(A)", "1"), ("x$(A)$(B)y", "x12y"), ("$$(A)", "$(A)"), ("$(NONE)", "$(NONE)"), ("$(A", "$(A"), ("$A", "$A"),
        ("$$$(A)", "$1"), ("100%$", "100%$"), ("$()", "$()"), ("", ""),
    ],
)  # fmt: skip
def test_expansion(text: str, result: str) -> None:
    assert expand(text, {"A": "1", "B": "2"}) == result


def test_precedence_and_order() -> None:
    maps = {"one": {"data": {"K": "map", "bad=key": "x"}, "binaryData": {"BIN": "aGk="}}}
    sources = Sources(maps.get, lambda _n: {"data": {"K": "c2VjcmV0"}})
    container = {
        "envFrom": [{"configMapRef": {"name": "one"}}, {"secretRef": {"name": "s"}, "prefix": "S_"}],
        "env": [{"name": "K", "value": "own"}, {"name": "USES", "value": "$(K)-$(LATER)"}, {"name": "LATER", "value": "x"}],
    }
    env = container_env(POD, container, sources, {}, {"K": "service", "KEEP": "1"})
    assert env == {"K": "own", "KEEP": "1", "BIN": "hi", "S_K": "secret", "USES": "own-$(LATER)", "LATER": "x"}


@pytest.mark.parametrize(
    ("container", "message"),
    [
        ({"envFrom": [{"configMapRef": {"name": "x"}}]}, 'configmap "x" not found'),
        ({"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}, 'secret "s" not found'),
        ({"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.nope"}}}]}, "not supported"),
        ({"env": [{"name": "A", "valueFrom": {"other": {}}}]}, "unknown valueFrom"),
    ],
)
def test_what_is_missing_is_named(container: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigMissing, match=message):
        container_env(POD, container, EMPTY, {}, {})


def test_missing_key_and_optional() -> None:
    sources = Sources(lambda _n: {"data": {}}, lambda _n: None)
    entry = {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}}
    with pytest.raises(ConfigMissing, match="couldn't find key k in ConfigMap n/c"):
        container_env(POD, {"env": [entry]}, sources, {}, {})
    entry["valueFrom"]["configMapKeyRef"]["optional"] = True  # type: ignore[index]
    assert container_env(POD, {"env": [entry]}, sources, {}, {}) == {}


def test_fields() -> None:
    assert field_value(POD, "metadata.labels['b']", {}) == "2"
    assert field_value(POD, "metadata.labels", {}) == 'a="1\\""\nb="2"'
    assert field_value(POD, "spec.nodeName", {}) == "node"
    assert field_value(POD, "status.podIP", {"podIP": "10.244.0.2"}) == "10.244.0.2"


@pytest.mark.parametrize(
    ("resource", "divisor", "result"),
    [("limits.memory", "1Mi", "64"), ("limits.cpu", "1m", "1500"), ("limits.cpu", "", "2"), ("requests.cpu", "1m", "1500"),
     ("limits.ephemeral-storage", "", "7"), ("requests.ephemeral-storage", "", "0")],
)  # fmt: skip
def test_resources(resource: str, divisor: str, result: str) -> None:
    container = {"resources": {"limits": {"memory": "64Mi", "cpu": "1500m"}}}
    assert resource_value(container, {"resource": resource, "divisor": divisor}, {"ephemeral-storage": "7"}) == result


def test_service_variables() -> None:
    def service(namespace: str, name: str, ip: str) -> dict[str, object]:
        ports = [{"port": 80, "name": "http"}, {"port": 53, "protocol": "UDP"}]
        return {"metadata": {"namespace": namespace, "name": name}, "spec": {"clusterIP": ip, "ports": ports}}

    services = [
        service("n", "my-web", "10.96.0.5"),
        service("n", "headless", "None"),
        service("default", "kubernetes", "10.96.0.1"),
    ]
    services.append(service("other", "hidden", "10.96.0.6"))
    env = service_env(services, "n", True, lambda ip, port: (ip, port))
    assert env["MY_WEB_SERVICE_HOST"] == "10.96.0.5" and env["MY_WEB_SERVICE_PORT"] == env["MY_WEB_SERVICE_PORT_HTTP"] == "80"
    assert env["MY_WEB_PORT"] == env["MY_WEB_PORT_80_TCP"] == "tcp://10.96.0.5:80"
    assert env["MY_WEB_PORT_53_UDP_PROTO"] == "udp" and env["KUBERNETES_SERVICE_HOST"] == "10.96.0.1"
    assert not any(key.startswith(("HEADLESS", "HIDDEN")) for key in env)
    assert set(service_env(services, "n", False, lambda ip, port: (ip, port))) == {k for k in env if k.startswith("KUBERNETES")}
