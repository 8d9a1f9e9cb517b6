"""The client: who it acts as."""

from __future__ import annotations

import asyncio

import pytest

from pilothouse.kit.errors import BadRequest, Denied
from pilothouse.sdk.kinds import CONFIG_MAP, SECRET, Kind
from pilothouse.testing.controlplane import control_plane

REVIEW = Kind("authentication.k8s.io/v1", "SelfSubjectReview", "selfsubjectreviews", False)


def test_acting_as_somebody_who_may_less() -> None:
    async def run() -> None:
        async with control_plane() as manager, asyncio.timeout(20):
            node = manager.client.acting_as("system:node:a", "system:nodes", "others").named("agent")
            who = await node.create(REVIEW, {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"})
            wanted = {"username": "system:node:a", "groups": ["system:nodes", "others", "system:authenticated"]}
            assert who["status"]["userInfo"] == wanted and node.field_manager == "agent"
            for refused in (node.list(SECRET), node.get(CONFIG_MAP, "kube-root-ca.crt", "default")):
                with pytest.raises(Denied):
                    await refused
            stream = node.watch(SECRET, "default", resource_version="0")
            with pytest.raises(Denied):
                await anext(stream)
            await manager.client.list(SECRET)

    asyncio.run(run())


def test_a_request_for_one_object_needs_its_name() -> None:
    async def run() -> None:
        async with control_plane() as manager, asyncio.timeout(20):
            client = manager.client
            await client.create(CONFIG_MAP, {"metadata": {"name": "kept", "namespace": "default"}})
            for refused in (
                client.delete(CONFIG_MAP, "", "default"),
                client.get(CONFIG_MAP, "", "default"),
                client.patch(CONFIG_MAP, "", "default", {}),
                client.replace(CONFIG_MAP, {"metadata": {"name": "", "namespace": "default"}}),
            ):
                with pytest.raises(BadRequest, match="needs its name"):
                    await refused
            assert (await client.get(CONFIG_MAP, "kept", "default"))["metadata"]["name"] == "kept"

    asyncio.run(run())
