"""What a server has, asked again without reading again what did not change."""

from __future__ import annotations

import asyncio

import pytest

from pilothouse.kit.errors import Unavailable
from pilothouse.sdk.discovery import Discovery, KindNotServed
from pilothouse.testing import Environment
from tests.unit.testing.manifests import WIDGETS


def test_kinds_with_their_verbs_and_names() -> None:
    async def story(environment: Environment) -> None:
        found = {(entry.kind.api_version, entry.kind.plural): entry for entry in await Discovery(environment.client).kinds()}
        deployments = found["apps/v1", "deployments"]
        assert (deployments.kind.kind, deployments.singular, deployments.short_names) == ("Deployment", "deployment", ("deploy",))
        assert deployments.kind.is_namespaced and deployments.is_preferred
        assert {"list", "watch", "delete"} <= deployments.verbs
        assert not found["v1", "nodes"].kind.is_namespaced
        assert ("v1", "pods/status") not in found

    with Environment(controllers=False) as environment:
        asyncio.run(story(environment))


def test_definitions_are_found_when_they_come_and_gone_when_they_go() -> None:
    async def story(environment: Environment) -> None:
        discovery = Discovery(environment.client)
        with pytest.raises(KindNotServed, match='no matches for kind "Widget"'):
            await discovery.find("example.com/v1", "Widget")
        await environment.aio.apply(WIDGETS)
        assert (await discovery.find("example.com/v1", "Widget")).plural == "widgets"
        await environment.aio.delete("crd", "widgets.example.com")
        await environment.aio.wait_for("crd", "widgets.example.com", "delete")
        await discovery.refresh()
        with pytest.raises(KindNotServed):
            await discovery.find("example.com/v1", "Widget")

    with Environment() as environment:
        asyncio.run(story(environment))


def test_what_did_not_change_is_kept() -> None:
    async def story(environment: Environment) -> None:
        discovery = Discovery(environment.client)
        before = {entry.kind: entry for entry in await discovery.kinds()}
        await environment.aio.apply(WIDGETS)
        await discovery.refresh()
        after = {entry.kind: entry for entry in await discovery.kinds()}
        assert len(after) == len(before) + 1
        assert all(after[kind] is entry for kind, entry in before.items())

    with Environment() as environment:
        asyncio.run(story(environment))


def test_an_aggregated_server_that_does_not_answer_is_passed_over_where_that_is_enough() -> None:
    service = {
        "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v1beta1.custom.metrics.example"},
        "spec": {"group": "custom.metrics.example", "version": "v1beta1", "groupPriorityMinimum": 100, "versionPriority": 100,
                 "insecureSkipTLSVerify": True, "service": {"name": "nobody", "namespace": "default"}},
    }  # fmt: skip

    async def story(environment: Environment) -> None:
        await environment.aio.create(service)
        with pytest.raises(Unavailable):
            await Discovery(environment.client).kinds()
        assert (await Discovery(environment.client, is_lenient=True).find("v1", "Pod")).plural == "pods"

    with Environment(controllers=False) as environment:
        asyncio.run(story(environment))
