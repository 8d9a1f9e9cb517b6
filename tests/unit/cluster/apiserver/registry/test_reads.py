"""get and list."""

from __future__ import annotations

import gzip
import json

from pilothouse.wire.http.messages import Request
from tests.unit.cluster.apiserver.driver import ADMIN, Driver, serve

MAPS = "/api/v1/namespaces/default/configmaps"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


async def _fill(driver: Driver, count: int) -> None:
    for index in range(count):
        await driver.ok("POST", MAPS, {"metadata": {"name": f"c{index}", "labels": {"odd": str(index % 2)}}})


def test_pages_show_one_moment() -> None:
    async def test(driver: Driver) -> None:
        await _fill(driver, 5)
        first = await driver.ok("GET", MAPS, query={"limit": "2"})
        assert first["metadata"]["remainingItemCount"] == 3
        await driver.ok("DELETE", f"{MAPS}/c4")
        names = [item["metadata"]["name"] for item in first["items"]]
        token = first["metadata"]["continue"]
        while token:
            page = await driver.ok("GET", MAPS, query={"limit": "2", "continue": token})
            names += [item["metadata"]["name"] for item in page["items"]]
            token = page["metadata"].get("continue", "")
        assert names == ["c0", "c1", "c2", "c3", "c4"]

    serve(test)


def test_selectors_and_forms() -> None:
    async def test(driver: Driver) -> None:
        await _fill(driver, 4)
        found = await driver.ok("GET", MAPS, query={"labelSelector": "odd=1", "fieldSelector": "metadata.name!=c1"})
        assert [item["metadata"]["name"] for item in found["items"]] == ["c3"]
        assert "kind" not in found["items"][0]
        table = await driver.ok("GET", MAPS, headers={"accept": TABLE})
        assert table["kind"] == "Table" and [row["cells"][0] for row in table["rows"]] == ["c0", "c1", "c2", "c3"]
        status, value = await driver.call("GET", f"{MAPS}/c1", query={"resourceVersion": "999999"})
        assert status == 504 and value["reason"] == "Timeout"

    serve(test)


def test_a_long_list_is_sent_in_pieces_that_are_the_same_list() -> None:
    async def test(driver: Driver) -> None:
        text = "0123456789abcdef" * 1024
        for number in range(100):
            await driver.ok("POST", MAPS, {"metadata": {"name": f"m{number}"}, "data": {"a": text}})
        whole = await driver.ok("GET", MAPS)
        response = await driver.server.handle(Request("GET", MAPS, [], {}, b"", ADMIN, is_streaming=True))
        assert not isinstance(response.body, bytes)
        pieces = [piece async for piece in response.body]
        assert len(pieces) > 4
        assert json.loads(b"".join(pieces)) == whole
        packed = await driver.server.handle(Request("GET", MAPS, [], {"accept-encoding": "gzip"}, b"", ADMIN, is_streaming=True))
        assert packed.header("content-encoding") == "gzip"
        assert json.loads(gzip.decompress(await packed.read())) == whole
        page = Request("GET", MAPS, [("limit", "2")], {}, b"", ADMIN, is_streaming=True)
        assert isinstance((await driver.server.handle(page)).body, bytes), "short ones are not worth it"
        gone = await driver.server.handle(Request("GET", MAPS, [], {}, b"", ADMIN, is_streaming=True))
        await gone.aclose()

    serve(test)
