"""delete and deletecollection."""

from __future__ import annotations

from tests.unit.cluster.apiserver.driver import MERGE, POD, Driver, serve

MAPS = "/api/v1/namespaces/default/configmaps"


def test_finalizers_hold_an_object_back() -> None:
    async def test(driver: Driver) -> None:
        await driver.ok("POST", MAPS, {"metadata": {"name": "x", "finalizers": ["a.com/b"]}})
        held = await driver.ok("DELETE", f"{MAPS}/x")
        assert held["metadata"]["deletionTimestamp"]
        await driver.ok("PATCH", f"{MAPS}/x", {"metadata": {"finalizers": None}}, headers={"content-type": MERGE})
        assert (await driver.call("GET", f"{MAPS}/x"))[0] == 404

    serve(test)


def test_preconditions_and_propagation() -> None:
    async def test(driver: Driver) -> None:
        await driver.ok("POST", MAPS, {"metadata": {"name": "x"}})
        status, value = await driver.call("DELETE", f"{MAPS}/x", {"preconditions": {"uid": "other"}})
        assert status == 409 and "Precondition failed" in value["message"]
        held = await driver.ok("DELETE", f"{MAPS}/x", {"propagationPolicy": "Foreground"})
        assert held["metadata"]["finalizers"] == ["foregroundDeletion"]

    serve(test)


def test_a_running_pod_gets_its_grace_period() -> None:
    async def test(driver: Driver) -> None:
        await driver.ok("POST", "/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
        await driver.ok("POST", "/api/v1/namespaces/default/pods", {**POD, "spec": {**POD["spec"], "nodeName": "n"}})
        held = await driver.ok("DELETE", "/api/v1/namespaces/default/pods/p")
        assert held["metadata"]["deletionGracePeriodSeconds"] == 30
        await driver.ok("DELETE", "/api/v1/namespaces/default/pods/p", {"gracePeriodSeconds": 0})
        assert (await driver.call("GET", "/api/v1/namespaces/default/pods/p"))[0] == 404

    serve(test)


def test_a_collection_is_deleted_by_selector() -> None:
    async def test(driver: Driver) -> None:
        for name, label in (("a", "1"), ("b", "1"), ("c", "2")):
            await driver.ok("POST", MAPS, {"metadata": {"name": name, "labels": {"l": label}}})
        await driver.ok("DELETE", MAPS, query={"labelSelector": "l=1"})
        left = await driver.ok("GET", MAPS)
        assert [item["metadata"]["name"] for item in left["items"]] == ["c"]

    serve(test)


def test_options_of_other_types_are_refused() -> None:
    async def test(driver: Driver) -> None:
        await driver.ok("POST", MAPS, {"metadata": {"name": "x"}})
        wrong = ({"dryRun": 1.5}, {"dryRun": [1]}, {"preconditions": True}, {"preconditions": {"uid": 1}}, {"kind": 1},
                 {"gracePeriodSeconds": "1"}, {"gracePeriodSeconds": 1 << 70}, {"orphanDependents": "x"},
                 {"propagationPolicy": []})  # fmt: skip
        for options in wrong:
            status, value = await driver.call("DELETE", f"{MAPS}/x", options)
            assert status == 400, value
        for text in ("--5", "²", "5_0"):
            assert (await driver.call("DELETE", f"{MAPS}/x", query={"gracePeriodSeconds": text}))[0] == 400

    serve(test)


def test_a_pod_held_by_a_finalizer_goes_with_it_once_it_was_forced() -> None:
    async def test(driver: Driver) -> None:
        await driver.ok("POST", "/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
        pods, held = "/api/v1/namespaces/default/pods", {"name": "p", "finalizers": ["example.com/a"]}
        await driver.ok("POST", pods, {"metadata": held, "spec": {**POD["spec"], "nodeName": "n"}})
        await driver.ok("DELETE", f"{pods}/p", {"gracePeriodSeconds": 60})
        assert (await driver.ok("DELETE", f"{pods}/p"))["metadata"]["deletionGracePeriodSeconds"] == 60
        assert (await driver.ok("DELETE", f"{pods}/p", {"gracePeriodSeconds": 0}))["metadata"]["deletionGracePeriodSeconds"] == 0
        await driver.ok("PATCH", f"{pods}/p", {"metadata": {"finalizers": None}}, headers={"content-type": MERGE})
        assert (await driver.call("GET", f"{pods}/p"))[0] == 404

    serve(test)
