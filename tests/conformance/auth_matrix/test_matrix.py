"""No cell of the auth matrix is answered with anything but a denial; the number of cells is printed."""

from __future__ import annotations

import asyncio
from collections import Counter

import orjson
import pytest

from pilothouse.wire.http.messages import Response
from tests.conformance.auth_matrix.attacks import Cell, cells
from tests.conformance.auth_matrix.world import MARK, World, world
from tests.score.figures import note_rate

AT_LEAST = 20_000


def verdict(cell: Cell, status: int, body: bytes) -> str:
    """Return why an answer is no denial, empty when it is one."""
    if MARK in body:
        return f"{status} with the treasure"
    if status not in cell.denials:
        return str(status)
    if status == 404 and body != b"404 page not found\n" and not cell.has_rights:
        return f"404 {body[:100]!r}"
    return ""


async def answered(world: World, cell: Cell) -> tuple[int, bytes]:
    response: Response = await world.driver.server.handle(cell.request())
    if isinstance(response.body, bytes):
        return response.status, response.body
    await response.aclose()
    return response.status, b""


@pytest.mark.slow
def test_nobody_gets_by() -> None:
    async def main() -> tuple[Counter[str], list[str]]:
        asked: Counter[str] = Counter()
        bypasses: list[str] = []
        async with world() as made:
            for cell in cells(made):
                asked[cell.column] += 1
                why = verdict(cell, *await answered(made, cell))
                if why:
                    bypasses.append(f"{cell.column}: {cell.method} {cell.target} -> {why}")
        return asked, bypasses

    asked, bypasses = asyncio.run(main())
    print(f"auth matrix: {asked.total()} cells in {len(asked)} columns, {len(bypasses)} bypasses")
    note_rate("auth_matrix", asked.total() - len(bypasses), asked.total())
    assert not bypasses, f"{len(bypasses)} bypasses: " + "; ".join(bypasses[:20])
    assert asked.total() >= AT_LEAST


def test_the_routes_are_real_and_open_to_those_who_may() -> None:
    async def main() -> None:
        async with world() as made:
            resources = [route for route in made.routes if route.is_resource]
            assert len(resources) > 300 and sum(bool(route.subresource) for route in resources) > 40
            for route in resources:
                response = await made.driver.send("GET", route.path)
                body = response.body if isinstance(response.body, bytes) else b""
                await response.aclose()
                assert response.status not in (401, 403) and body != b"404 page not found\n", route
            good = {"authorization": "Bearer joes-token"}
            path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
            answer = await made.driver.send("POST", path, {}, headers=good)
            assert answer.status == 201 and isinstance(answer.body, bytes) and orjson.loads(answer.body)["status"]

    asyncio.run(main())
