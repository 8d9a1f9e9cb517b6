"""Nodes without machines."""

import asyncio

import pytest

from pilothouse.kit.errors import NotFound
from pilothouse.testing import Environment
from pilothouse.testing.nodes import FakeNodes
from pilothouse.wire.http.messages import Request
from tests.unit.testing.manifests import deployment, pods


def pod(**spec: object) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}, "spec": {**pods()["spec"], **spec}}


def test_nodes_are_ready_and_pods_have_addresses_of_their_own() -> None:
    with Environment(nodes=3) as environment:
        for number in range(3):
            environment.wait_for("node", f"node-{number}")
        environment.apply(deployment(replicas=6))
        environment.wait_for("deployment", "web", "Available")
        addresses = [each["status"]["podIP"] for each in environment.list("pods")]
    assert len(set(addresses)) == 6


def test_init_containers_end_and_sidecars_stay() -> None:
    init = [{"name": "first", "image": "x"}, {"name": "sidecar", "image": "x", "restartPolicy": "Always"}]
    with Environment(nodes=1) as environment:
        environment.apply(pod(initContainers=init))
        status = environment.wait_for("pod", "one")["status"]
    assert ["terminated" in each["state"] for each in status["initContainerStatuses"]] == [True, False]


def test_pods_that_restart_on_failure_end_well() -> None:
    with Environment(nodes=1) as environment:
        environment.apply(pod(restartPolicy="OnFailure"))
        environment.wait_for("pod", "one", "jsonpath=.status.phase=Succeeded")


def test_logs_are_empty() -> None:
    async def read(environment: Environment) -> bytes:
        return await (await environment.client.raw("GET", "/api/v1/namespaces/default/pods/one/log")).read()

    with Environment(nodes=1) as environment:
        environment.apply(pod())
        environment.wait_for("pod", "one")
        assert asyncio.run(read(environment)) == b""


def test_programs_that_do_not_run_are_not_talked_to() -> None:
    proxy = FakeNodes().node_proxy
    for refused in (
        proxy.execute("default", "one", "c", ["ls"], frozenset()), proxy.attach("default", "one", "c", frozenset()),
        proxy.dial("default", "one", 80), proxy.answer("node-0", Request("GET", "/healthz")),
    ):  # fmt: skip
        with pytest.raises(NotFound, match="without programs"):
            asyncio.run(refused)  # type: ignore[arg-type]
