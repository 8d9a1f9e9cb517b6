"""Discovery and OpenAPI with what others serve."""

from __future__ import annotations

import pytest

from pilothouse.cluster.apiserver.discovery.aggregation.merged import converted, rows_of
from pilothouse.cluster.apiserver.discovery.aggregation.remotes import remote_of
from tests.unit.cluster.apiserver.driver import MERGE, Driver, serve
from tests.unit.cluster.apiserver.flunders import GROUP, NAME, PATH, ROW, SERVICES, api_service, config, flunders, until

AGGREGATED = {"accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"}


@pytest.mark.parametrize("is_legacy", [False, True])
def test_both_forms_of_discovery_show_it_in_its_place(is_legacy: bool) -> None:
    async def test(driver: Driver) -> None:
        async with flunders(driver, is_legacy=is_legacy) as found:
            groups = [group["name"] for group in (await driver.ok("GET", "/apis"))["groups"]]
            assert groups[0] == "apiregistration.k8s.io" and groups[-1] == GROUP
            group = await driver.ok("GET", f"/apis/{GROUP}")
            assert group["kind"] == "APIGroup" and group["preferredVersion"]["groupVersion"] == f"{GROUP}/v1alpha1"
            version = await shown(driver)
            assert version["freshness"] == "Current"
            row = version["resources"][0]
            assert (row["resource"], row["scope"], row["responseKind"]["kind"]) == ("flunders", "Namespaced", "Flunder")
            index = await driver.ok("GET", "/openapi/v3")
            assert isinstance(index, bytes) and (PATH.encode() in index) is not is_legacy and b'"other"' not in index
            found.is_failing = True
            await driver.ok("PATCH", f"{SERVICES}/{NAME}", {"metadata": {"labels": {"a": "b"}}}, headers={"content-type": MERGE})
            await until(driver, "FailedDiscoveryCheck")
            stale = await shown(driver)
            assert stale["freshness"] == "Stale" and stale["resources"][0] == row

    serve(test, config())


async def shown(driver: Driver) -> dict[str, object]:
    listed = await driver.ok("GET", "/apis", headers=AGGREGATED)
    (group,) = [group for group in listed["items"] if group["metadata"]["name"] == GROUP]
    return group["versions"][0]


def test_versions_here_and_there_are_one_group_sorted_by_priority() -> None:
    async def test(driver: Driver) -> None:
        for version, priority in (("v1", 10), ("v2", 20), ("v1beta1", 20)):
            body = api_service(version=version, versionPriority=priority, groupPriorityMinimum=20000)
            await driver.ok("POST", SERVICES, {**body, "metadata": {"name": f"{version}.{GROUP}"}})
        groups = (await driver.ok("GET", "/apis"))["groups"]
        assert groups[1]["name"] == GROUP
        assert [row["version"] for row in groups[1]["versions"]] == ["v2", "v1beta1", "v1"]
        assert groups[1]["preferredVersion"]["version"] == "v2"

    serve(test)


def test_documents_of_others_are_read_with_care() -> None:
    remote = remote_of(api_service())
    assert remote is not None
    assert rows_of([], remote) == rows_of({"items": [{"metadata": {"name": "x"}}]}, remote) == converted([]) == []
    group = {
        "metadata": {"name": GROUP},
        "versions": [{"version": "v1alpha1", "resources": [{"resource": "a", "subresources": [{}]}]}],
    }
    (row,) = rows_of({"items": [group]}, remote)
    empty = {"group": "", "version": "", "kind": ""}
    assert row["responseKind"] == empty and row["subresources"][0]["responseKind"] == empty
    rows = converted({"resources": [ROW, {**ROW, "name": "flunders/status", "verbs": ["get"]}]})
    assert rows[0]["subresources"][0]["subresource"] == "status" and rows[0]["singularResource"] == "flunder"
