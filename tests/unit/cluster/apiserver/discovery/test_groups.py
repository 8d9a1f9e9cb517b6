"""Discovery."""

from __future__ import annotations

from tests.unit.cluster.apiserver.driver import Driver, serve

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def test_legacy_and_aggregated_discovery_agree() -> None:
    async def test(driver: Driver) -> None:
        groups = await driver.ok("GET", "/apis")
        names = [group["name"] for group in groups["groups"]]
        response = await driver.send("GET", "/apis", headers={"accept": AGGREGATED})
        assert response.content_type == AGGREGATED
        tree = await driver.ok("GET", "/apis", headers={"accept": AGGREGATED})
        assert [item["metadata"]["name"] for item in tree["items"]] == names
        again = await driver.send("GET", "/apis", headers={"accept": AGGREGATED, "if-none-match": response.header("etag")})
        assert again.status == 304 and not await again.read()
        core = await driver.ok("GET", "/api/v1")
        pods = next(row for row in core["resources"] if row["name"] == "pods")
        assert pods["shortNames"] == ["po"] and "watch" in pods["verbs"] and pods["categories"] == ["all"]

    serve(test)
