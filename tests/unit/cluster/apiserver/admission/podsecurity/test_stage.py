"""Pod security on a server."""

from __future__ import annotations

from typing import Any

from tests.unit.cluster.apiserver.driver import MERGE, Driver, serve

NAMESPACE, PODS = "/api/v1/namespaces/n", "/api/v1/namespaces/n/pods"
PREFIX = "pod-security.kubernetes.io/"


def _pod(name: str, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"containers": [{"name": "c", "image": "nginx"}], **spec}}


async def _labelled(driver: Driver, **labels: str) -> list[str]:
    body = {"metadata": {"labels": {PREFIX + key.replace("_", "-"): value for key, value in labels.items()}}}
    response = await driver.send("PATCH", NAMESPACE, body, headers={"content-type": MERGE})
    assert response.status == 200, await response.read()
    return _warnings(response)


def _warnings(response: Any) -> list[str]:
    return [value for key, value in response.headers if key.lower() == "warning"]


def test_a_pod_is_refused_with_everything_that_is_wrong() -> None:
    async def test(driver: Driver) -> None:
        await driver.namespace("n")
        await _labelled(driver, enforce="baseline")
        await driver.ok("POST", PODS, _pod("good"))
        status, value = await driver.call("POST", PODS, _pod("bad", hostPID=True, hostNetwork=True))
        assert (status, value["message"]) == (
            403,
            'pods "bad" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true, hostPID=true)',
        )

    serve(test)


def test_workloads_are_warned_of_and_stored() -> None:
    async def test(driver: Driver) -> None:
        await driver.namespace("n")
        await _labelled(driver, enforce="baseline", warn_version="v1.30")
        template = {"metadata": {"labels": {"a": "b"}}, "spec": _pod("x", hostPID=True)["spec"]}
        spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
        response = await driver.send("POST", "/apis/apps/v1/namespaces/n/deployments", {"metadata": {"name": "d"}, "spec": spec})
        assert response.status == 201
        assert _warnings(response) == [
            '299 - "would violate PodSecurity \\"baseline:v1.30\\": host namespaces (hostPID=true)"',
        ]

    serve(test)


def test_a_namespace_is_warned_of_the_pods_it_has() -> None:
    async def test(driver: Driver) -> None:
        await driver.namespace("n")
        for name in ("b", "a"):
            await driver.ok("POST", PODS, _pod(name, hostIPC=True))
        await driver.ok("POST", PODS, _pod("c"))
        assert await _labelled(driver, enforce="baseline") == [
            '299 - "existing pods in namespace \\"n\\" violate the new PodSecurity enforce level \\"baseline:latest\\""',
            '299 - "a (and 1 other pod): host namespaces"',
        ]
        assert await _labelled(driver, enforce="privileged") == []

    serve(test)


def test_running_pods_may_be_changed_as_long_as_they_run_the_same() -> None:
    async def test(driver: Driver) -> None:
        await driver.namespace("n")
        await driver.ok("POST", PODS, _pod("p", hostIPC=True))
        await _labelled(driver, enforce="baseline")
        note = {"metadata": {"annotations": {"a": "b"}}}
        await driver.ok("PATCH", f"{PODS}/p", note, headers={"content-type": MERGE})
        image = [{"op": "replace", "path": "/spec/containers/0/image", "value": "other"}]
        status, _ = await driver.call("PATCH", f"{PODS}/p", image, headers={"content-type": "application/json-patch+json"})
        assert status == 403

    serve(test)


def test_labels_must_name_levels() -> None:
    async def test(driver: Driver) -> None:
        await driver.namespace("n")
        body = {"metadata": {"labels": {PREFIX + "enforce": "odd"}}}
        status, value = await driver.call("PATCH", NAMESPACE, body, headers={"content-type": MERGE})
        assert (status, value["message"]) == (
            422,
            (
                f'Namespace "n" is invalid: metadata.labels[{PREFIX}enforce]: Invalid value: "odd": '
                "must be one of privileged, baseline, restricted"
            ),
        )

    serve(test)
