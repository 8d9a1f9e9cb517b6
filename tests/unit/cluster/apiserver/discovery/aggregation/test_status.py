"""Conditions of APIServices, and the groups of custom resources among them."""

from __future__ import annotations

import asyncio

from tests.unit.cluster.apiserver.driver import MERGE, Driver, crd, established, serve
from tests.unit.cluster.apiserver.flunders import NAME, SERVICES, api_service, config, flunders, until

PIECE = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"


def test_what_keeps_a_service_from_being_called_is_said() -> None:
    async def test(driver: Driver) -> None:
        await driver.ok("POST", SERVICES, api_service())
        found = await until(driver, "ServiceNotFound")
        assert (found["status"], found["message"]) == ("False", 'service/flunders in "default" is not present')
        service = {"metadata": {"name": "flunders"}, "spec": {"ports": [{"port": 80}]}}
        await driver.ok("POST", "/api/v1/namespaces/default/services", service)
        found = await until(driver, "ServicePortError")
        assert found["message"] == 'service/flunders in "default" is not listening on port 443'
        change = {"spec": {"ports": [{"port": 443, "name": "x"}]}}
        await driver.ok("PATCH", "/api/v1/namespaces/default/services/flunders", change, headers={"content-type": MERGE})
        found = await until(driver, "EndpointsNotFound")
        assert found["message"] == 'cannot find endpointslices for service/flunders in "default"'
        labels = {"kubernetes.io/service-name": "flunders"}
        piece = {"metadata": {"name": "f", "labels": labels}, "addressType": "IPv4", "endpoints": [], "ports": []}
        await driver.ok("POST", PIECE, piece)
        found = await until(driver, "MissingEndpoints")
        assert found["message"] == 'endpointslices for service/flunders in "default" have no addresses with port name "x"'
        piece |= {"endpoints": [{"addresses": ["10.9.9.9"]}], "ports": [{"name": "x", "port": 1}]}
        driver.server.backend.service_route = lambda address, port: ("127.0.0.1", 1)
        await driver.ok("PUT", f"{PIECE}/f", piece)
        found = await until(driver, "FailedDiscoveryCheck")
        url = "https://127.0.0.1:1/apis/wardle.example.com/v1alpha1"
        assert found["message"].startswith(f'failing or missing response from {url}: Get "{url}": dial tcp 127.0.0.1:1')

    serve(test, config())


def test_a_server_that_breaks_is_found_out_when_something_changes() -> None:
    async def test(driver: Driver) -> None:
        async with flunders(driver) as found:
            before = await until(driver, "Passed")
            assert (before["status"], before["message"]) == ("True", "all checks passed")
            found.is_failing = True
            await driver.ok("PATCH", f"{SERVICES}/{NAME}", {"metadata": {"labels": {"touched": "yes"}}},
                            headers={"content-type": MERGE})  # fmt: skip
            shown = await until(driver, "FailedDiscoveryCheck")
            assert shown["message"].endswith("/apis/wardle.example.com/v1alpha1: 500")
            found.is_failing = False
            await until(driver, "Passed")

    serve(test, config())


def test_groups_of_custom_resources_are_registered_and_unregistered() -> None:
    async def settled(driver: Driver, *, is_there: bool) -> None:
        for _ in range(200):
            status, _ = await driver.call("GET", f"{SERVICES}/v1.example.com")
            if (status == 200) is is_there:
                return
            await asyncio.sleep(0.005)
        raise AssertionError("the registration did not follow")

    async def test(driver: Driver) -> None:
        await established(driver, crd())
        await settled(driver, is_there=True)
        found = await driver.ok("GET", f"{SERVICES}/v1.example.com")
        assert found["metadata"]["labels"] == {"kube-aggregator.kubernetes.io/automanaged": "true"}
        assert found["spec"] == {"group": "example.com", "version": "v1", "groupPriorityMinimum": 1000, "versionPriority": 100}
        assert found["status"]["conditions"][0]["reason"] == "Local"
        await driver.ok("DELETE", f"{SERVICES}/v1.example.com")
        await settled(driver, is_there=True)
        await driver.ok("DELETE", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com")
        await settled(driver, is_there=False)

    serve(test)


def test_an_api_service_that_becomes_local_is_available() -> None:
    async def test(driver: Driver) -> None:
        await driver.ok("POST", SERVICES, api_service())
        await until(driver, "ServiceNotFound")
        change = {"spec": {"service": None, "caBundle": None}}
        await driver.ok("PATCH", f"{SERVICES}/{NAME}", change, headers={"content-type": MERGE})
        assert (await until(driver, "Local"))["message"] == "Local APIServices are always available"

    serve(test)


def test_a_local_api_service_is_available_at_once() -> None:
    async def test(driver: Driver) -> None:
        body = api_service(service=None, caBundle=None)
        made = await driver.ok("POST", SERVICES, {**body, "status": {"conditions": []}})
        assert made["status"]["conditions"][0]["reason"] == "Local"

    serve(test)
