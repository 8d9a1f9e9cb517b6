"""LimitRanges."""

from __future__ import annotations

from typing import Any

from tests.unit.cluster.apiserver.driver import Driver, serve

RANGES, PODS = "/api/v1/namespaces/default/limitranges", "/api/v1/namespaces/default/pods"
CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims"


def _pod(name: str, **resources: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"containers": [{"name": "c", "image": "nginx", "resources": resources}]}}


async def _ranged(driver: Driver, *limits: dict[str, Any]) -> None:
    await driver.ok("POST", "/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
    await driver.ok("POST", RANGES, {"metadata": {"name": "r"}, "spec": {"limits": limits}})


async def _refusal(driver: Driver, path: str, body: dict[str, Any]) -> str:
    status, value = await driver.call("POST", path, body)
    assert status == 403 and value["reason"] == "Forbidden", value
    return str(value["message"]).partition(" is forbidden: ")[2]


def test_containers_get_the_defaults_they_leave_out_and_the_pod_says_so() -> None:
    async def test(driver: Driver) -> None:
        await _ranged(driver, {"type": "Container", "default": {"cpu": "1", "memory": "1Gi"}, "defaultRequest": {"cpu": "100m"}})
        body = _pod("a", requests={"cpu": "200m"})
        body["spec"]["initContainers"] = [{"name": "i", "image": "x", "resources": {"limits": {"cpu": "2"}}}]
        made = await driver.ok("POST", PODS, body)
        assert made["spec"]["containers"][0]["resources"] == {
            "limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "200m", "memory": "1Gi"},
        }  # fmt: skip
        assert made["metadata"]["annotations"]["kubernetes.io/limit-ranger"] == (
            "LimitRanger plugin set: memory request for container c; cpu, memory limit for container c; "
            "memory request for init container i; memory limit for init container i"
        )

    serve(test)


def test_a_container_outside_of_its_range_is_refused_with_every_reason() -> None:
    async def test(driver: Driver) -> None:
        bounds = {"min": {"cpu": "50m"}, "max": {"cpu": "2"}, "maxLimitRequestRatio": {"cpu": "10"}}
        await _ranged(driver, {"type": "Container", **bounds, "default": {"cpu": "1"}, "defaultRequest": {"cpu": "100m"}})
        assert await _refusal(driver, PODS, _pod("a", limits={"cpu": "3"}, requests={"cpu": "1"})) == (
            "maximum cpu usage per Container is 2, but limit is 3"
        )
        assert await _refusal(driver, PODS, _pod("a", requests={"cpu": "10m"})) == (
            "[minimum cpu usage per Container is 50m, but request is 10m, "
            "cpu max limit to request ratio per Container is 10, but provided ratio is 100.000000]"
        )
        await driver.ok("POST", PODS, _pod("a"))

    serve(test)


def test_a_pod_is_measured_by_the_sum_of_its_containers() -> None:
    async def test(driver: Driver) -> None:
        await _ranged(driver, {"type": "Pod", "max": {"cpu": "1"}, "min": {"memory": "1Mi"}})
        body = _pod("a", requests={"memory": "1Gi"}, limits={"cpu": "600m"})
        body["spec"]["containers"].append({**body["spec"]["containers"][0], "name": "d"})
        assert await _refusal(driver, PODS, body) == "maximum cpu usage per Pod is 1, but limit is 1200m"
        assert await _refusal(driver, PODS, _pod("a")) == (
            "[minimum memory usage per Pod is 1Mi.  No request is specified, "
            "maximum cpu usage per Pod is 1.  No limit is specified]"
        )

    serve(test)


def test_a_claim_is_measured_by_what_it_requests() -> None:
    async def test(driver: Driver) -> None:
        await _ranged(driver, {"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}, "min": {"storage": "1Mi"}})
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}}
        claim = {"metadata": {"name": "c"}, "spec": spec}
        assert await _refusal(driver, CLAIMS, claim) == (
            "maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi"
        )
        spec["resources"] = {"requests": {"storage": "1Gi"}}
        await driver.ok("POST", CLAIMS, claim)

    serve(test)
