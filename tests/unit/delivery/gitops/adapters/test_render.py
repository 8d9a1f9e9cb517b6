"""Renders are kept until something they read changes."""

import asyncio
from pathlib import Path

import pytest

from pilothouse.delivery.gitops.errors import SourceInvalid
from tests.unit.delivery.gitops.adapters.render.world import World, config_map


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_one_commit_that_touches_one_application_of_a_thousand_renders_one(world: World) -> None:
    world.commit({f"apps/a{n}/c.yaml": config_map(f"c{n}") for n in range(1000)})
    apps = [world.app({"path": f"apps/a{n}"}, name=f"a{n}") for n in range(1000)]

    async def all_of_them() -> list[int]:
        found = []
        for app in apps:
            revisions = await world.renderer.resolve(app, max_age_s=60)
            found.append((await world.renderer.rendering(app, revisions)).number)
        return found

    async def run() -> None:
        first = await all_of_them()
        assert world.renderer.renders == 1000 and world.mirrors.exchanges == 1
        assert await all_of_them() == first and world.mirrors.exchanges == 1
        world.commit({"apps/a7/c.yaml": config_map("c7", changed="1")})
        await world.mirrors.resolve(world.url, "main", world.access)
        second = await all_of_them()
        assert world.renderer.renders == 1001 and world.mirrors.exchanges == 2
        assert [index for index, (old, new) in enumerate(zip(first, second, strict=True)) if old != new] == [7]

    asyncio.run(run())


def test_a_value_file_elsewhere_is_one_of_the_paths_read(world: World) -> None:
    world.commit({
        "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "charts/web/templates/c.yaml": config_map("c", v="{{ .Values.v }}"),
        "envs/prod.yaml": "v: one\n", "other/x.yaml": config_map("x"),
    })  # fmt: skip
    app = world.app({"path": "charts/web", "helm": {"valueFiles": ["/envs/prod.yaml"]}})

    async def run() -> None:
        await world.rendering(app)
        world.commit({"other/x.yaml": config_map("y")})
        assert (await world.rendering(app)).revisions != () and world.renderer.renders == 1
        world.commit({"envs/prod.yaml": "v: two\n"})
        assert (await world.rendering(app)).objects[0]["data"] == {"v": "two"} and world.renderer.renders == 2

    asyncio.run(run())


def test_what_uses_the_revision_is_rendered_for_every_commit(world: World) -> None:
    world.commit({
        "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "templates/c.yaml": config_map("c", v="{{ .Values.v }}"),
    })  # fmt: skip
    app = world.app({"helm": {"parameters": [{"name": "v", "value": "$ARGOCD_APP_REVISION_SHORT-${ARGOCD_APP_NAME}-$$x"}]}})

    async def run() -> None:
        for _ in range(2):
            commit = world.commit({})
            assert (await world.rendering(app)).objects[0]["data"] == {"v": f"{commit[:7]}-shop-$x"}
        assert world.renderer.renders == 2

    asyncio.run(run())


def test_a_broken_source_is_not_rendered_again_and_again(world: World) -> None:
    world.commit({"a.yaml": "kind: ["})
    app = world.app({})

    async def run() -> None:
        for _ in range(3):
            with pytest.raises(SourceInvalid, match=r"a\.yaml is not YAML"):
                await world.rendering(app)
        assert world.renderer.renders == 1
        world.commit({"a.yaml": config_map("good")})
        assert len((await world.rendering(app)).objects) == 1

    asyncio.run(run())


def test_memory_is_bounded(world: World) -> None:
    world.commit({f"a{n}/c.yaml": config_map("c", text="x" * 4000) for n in range(10)})
    world.renderer._memory._max_bytes = 20_000

    async def run() -> None:
        for n in range(10):
            await world.rendering(world.app({"path": f"a{n}"}, name=f"a{n}"))
        assert world.renderer._memory.size_bytes <= 20_000
        await world.renderer.forget("a9", "argocd")
        assert world.renderer.reads("a9", "argocd") == {} != world.renderer.reads("a8", "argocd")

    asyncio.run(run())


def test_a_missing_path_is_named(world: World) -> None:
    world.commit({"a": ""})
    with pytest.raises(SourceInvalid, match="nope: app path does not exist"):
        world.render({"path": "nope"})
    with pytest.raises(SourceInvalid, match="leaves the repository"):
        world.render({"path": "../x"})
