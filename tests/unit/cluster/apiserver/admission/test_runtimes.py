"""Runtime classes."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.cluster.apiserver.admission.runtimes import merged
from tests.unit.cluster.apiserver.driver import Driver, serve

CLASSES, PODS = "/apis/node.k8s.io/v1/runtimeclasses", "/api/v1/namespaces/n/pods"
GPU = {"key": "gpu", "operator": "Exists"}


def _pod(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "nginx"}], **spec}}


async def _class(driver: Driver) -> None:
    await driver.namespace("n")
    scheduling = {"nodeSelector": {"kind": "vm"}, "tolerations": [GPU]}
    found = {"metadata": {"name": "vm"}, "handler": "vm", "overhead": {"podFixed": {"cpu": "250m"}}, "scheduling": scheduling}
    await driver.ok("POST", CLASSES, found)


def test_a_pod_gets_what_its_class_says() -> None:
    async def test(driver: Driver) -> None:
        await _class(driver)
        spec = (await driver.ok("POST", PODS, _pod(runtimeClassName="vm", nodeSelector={"a": "b"})))["spec"]
        assert (spec["overhead"], spec["nodeSelector"]) == ({"cpu": "250m"}, {"a": "b", "kind": "vm"})
        assert GPU in spec["tolerations"] and len(spec["tolerations"]) == 3

    serve(test)


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"runtimeClassName": "no"}, 'pod rejected: RuntimeClass "no" not found'),
        (
            {"runtimeClassName": "vm", "overhead": {"cpu": "1"}},
            "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
        ),
        ({"overhead": {"cpu": "1"}}, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"),
        (
            {"runtimeClassName": "vm", "nodeSelector": {"kind": "bare"}},
            "conflict: runtimeClass.scheduling.nodeSelector[kind] = vm; pod.spec.nodeSelector[kind] = bare",
        ),
    ],
)
def test_what_the_class_does_not_say_is_refused(spec: dict[str, Any], why: str) -> None:
    async def test(driver: Driver) -> None:
        await _class(driver)
        status, value = await driver.call("POST", PODS, _pod(**spec))
        assert (status, value["message"]) == (403, f'pods "p" is forbidden: {why}')

    serve(test)


@pytest.mark.parametrize(
    ("tolerations", "kept"),
    [
        ([{"key": "a", "operator": "Exists"}, {"key": "a", "operator": "Equal", "value": "b"}], [0]),
        ([{"key": "a", "value": "b"}, {"operator": "Exists"}], [1]),
        ([{"key": "a", "value": "b"}, {"key": "a", "value": "c"}], [0, 1]),
        ([GPU, dict(GPU)], [0]),
        (
            [
                {"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5},
                {"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 9},
                {"key": "a", "operator": "Exists", "effect": "NoSchedule"},
            ],
            [1, 2],
        ),
    ],
)
def test_only_the_widest_tolerations_stay(tolerations: list[dict[str, Any]], kept: list[int]) -> None:
    assert merged(tolerations) == [tolerations[index] for index in kept]
