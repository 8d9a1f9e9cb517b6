"""Commands of the sync engine on a real API server."""

import asyncio

import pytest

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.adapters.cluster import ClusterObjects
from pilothouse.delivery.gitops.adapters.performing import Performer
from pilothouse.delivery.gitops.engine.health import Health
from pilothouse.delivery.gitops.engine.sync import HOOK_FINALIZER, Answer
from pilothouse.delivery.gitops.engine.sync.commands import (
    Apply,
    Command,
    Delete,
    Discover,
    MigrateFields,
    Read,
    RemoveFinalizer,
    Steps,
)
from pilothouse.kit.errors import NotFound
from pilothouse.sdk.kinds import CONFIG_MAP
from pilothouse.sdk.manager import Manager
from pilothouse.testing.controlplane import control_plane


def config_map(data: str = "1", **extra: object) -> Tree:
    return {
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "default"}, "data": {"a": data}, **extra,
    }  # fmt: skip


async def nobody(_tree: Tree) -> Health | None:
    return None


async def send(manager: Manager, *commands: Command) -> list[Answer]:
    def steps() -> Steps[list[Answer]]:
        answers = []
        for command in commands:
            answers.append((yield command))
        return answers

    return await Performer(ClusterObjects(manager, lambda _name: None), nobody).drive(steps())


def test_objects_are_written_in_every_way() -> None:
    async def run() -> None:
        async with control_plane() as manager:
            answers = await send(
                manager, Discover("v1", "ConfigMap"), Discover("x.io/v1", "Nothing"),
                Apply(config_map(), "apply", is_dry_run=True), Apply(config_map(), "apply", is_hook=True),
                Apply(config_map("2"), "replace"), Apply(config_map("3"), "create"),
            )  # fmt: skip
            assert [answer.value for answer in answers[:1]] == [True]
            assert isinstance(answers[1].error, NotFound)
            assert answers[2].error is None
            assert [answer.value for answer in answers[3:5]] == ["configmap/a created", "configmap/a replaced"]
            assert answers[5].error is not None
            assert (await manager.client.get(CONFIG_MAP, "a", "default"))["data"] == {"a": "2"}

    asyncio.run(run())


def test_what_cannot_be_changed_is_made_anew_with_force() -> None:
    async def run() -> None:
        async with control_plane() as manager:
            (made,) = await send(manager, Apply(config_map(immutable=True), "apply"))
            assert made.error is None
            live = await manager.client.get(CONFIG_MAP, "a", "default")
            changed = config_map("2", immutable=True)
            refused, forced = await send(
                manager, Apply(changed, "apply", live=live), Apply(changed, "apply", live={**changed, **live}, force=True)
            )
            assert refused.error is not None
            assert forced.error is None
            assert (await manager.client.get(CONFIG_MAP, "a", "default"))["data"] == {"a": "2"}

    asyncio.run(run())


def test_a_hook_keeps_its_finalizer_until_it_is_released() -> None:
    async def run() -> None:
        async with control_plane() as manager:
            _, read = await send(manager, Apply(config_map(), "apply", is_hook=True), Read(config_map()))
            assert read.value["metadata"]["finalizers"] == [HOOK_FINALIZER]
            released, again = await send(manager, RemoveFinalizer(read.value), RemoveFinalizer(read.value))
            assert (released.error, again.error) == (None, None)
            deleted, gone = await send(manager, Delete(read.value, "Background"), Delete(read.value, "Background"))
            assert deleted.error is None
            assert isinstance(gone.error, NotFound)

    asyncio.run(run())


def test_fields_of_a_client_side_apply_are_taken_over() -> None:
    async def run() -> None:
        async with control_plane() as manager:
            await manager.client.named("kubectl-client-side-apply").create(CONFIG_MAP, config_map())
            live = {"apiVersion": "v1", "kind": "ConfigMap", **await manager.client.get(CONFIG_MAP, "a", "default")}
            (moved,) = await send(manager, MigrateFields(live, "kubectl-client-side-apply", "argocd-controller"))
            assert moved.error is None
            managers = (await manager.client.get(CONFIG_MAP, "a", "default"))["metadata"]["managedFields"]
            assert [(entry["manager"], entry["operation"]) for entry in managers] == [("argocd-controller", "Apply")]

    asyncio.run(run())


@pytest.mark.parametrize("command", [Read(config_map()), Delete(config_map(), "Background")])
def test_what_is_not_there_is_told(command: Command) -> None:
    async def run() -> None:
        async with control_plane() as manager:
            (answer,) = await send(manager, command)
            assert isinstance(answer.error, NotFound)

    asyncio.run(run())
