"""The calls for coroutines reach the same control plane as those of functions."""

import asyncio

import pytest

from pilothouse.sdk.errors import ApiNotFound
from pilothouse.testing import Environment
from tests.unit.testing.manifests import config_map


def test_time_moves_for_coroutines_too() -> None:
    async def story() -> None:
        async with Environment(virtual_time=True) as environment:
            await environment.aio.create(config_map("seen"))
            before = environment.now
            await environment.aio.advance(60)
            assert environment.now > before
            assert (await environment.aio.apply(config_map("seen")))[0]["data"] == {"a": "b"}
            with pytest.raises(ApiNotFound):
                await environment.aio.get("configmap", "unseen")

    asyncio.run(story())


def test_controllers_inside_may_use_them_as_well() -> None:
    found: list[str] = []

    with Environment() as environment:

        async def setup(manager: object) -> None:
            found.append((await environment.aio.get("namespace", "default"))["metadata"]["name"])

        environment.run_operator(setup)
    assert found == ["default"]
