"""Operations on releases against a real API server: what is in the cluster, what is stored, what the user is told."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from pilothouse.delivery.charts.release.actions.bench import Bench, Options
from pilothouse.delivery.charts.release.actions.differences import live_change, stated
from pilothouse.delivery.charts.release.actions.install import install
from pilothouse.delivery.charts.release.actions.rollback import rollback
from pilothouse.delivery.charts.release.actions.testing import run_tests
from pilothouse.delivery.charts.release.actions.uninstall import uninstall
from pilothouse.delivery.charts.release.actions.upgrade import upgrade
from pilothouse.delivery.charts.release.adapters.guard import lease_name
from pilothouse.delivery.charts.release.engine.differences import diff_objects
from pilothouse.delivery.charts.release.engine.wishes import Reuse
from pilothouse.delivery.charts.release.errors import OperationFailed, ReleaseBusy, ReleaseNotFound, ReleaseRefused
from pilothouse.kit.clock import rfc3339
from pilothouse.kit.errors import Denied, NotFound
from pilothouse.sdk.kinds import CONFIG_MAP, LEASE, POD, SERVICE_ACCOUNT, Kind
from tests.unit.delivery.charts.release.charts import chart, on_bench, values

ROLE = Kind("rbac.authorization.k8s.io/v1", "Role", "roles")
BINDING = Kind("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings")
CONFLICT = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "web", "namespace": "default"}}
CRD = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: boats.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: boats, singular: boat, kind: Boat}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, FIELDS}}}}}
"""


async def names(bench: Bench) -> set[str]:
    return {tree["metadata"]["name"] for tree in await bench.client.list(CONFIG_MAP, "default")} - {"kube-root-ca.crt"}


async def statuses(bench: Bench, name: str = "web") -> list[str]:
    return [release.status for release in await bench.store.history(name)]


def test_from_install_to_uninstall() -> None:
    async def work(bench: Bench, said: list[str]) -> None:
        release = await install(bench, "web", chart(), values(extra=["a", "kept"]), Options(labels={"team": "x"}))
        assert (release.status, release.version, release.info.notes) == ("deployed", 1, "Hello web")
        assert await names(bench) == {"web", "web-a", "web-kept"}
        live = await bench.client.get(CONFIG_MAP, "web", "default")
        assert live["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "Helm"}
        assert live["metadata"]["annotations"]["meta.helm.sh/release-name"] == "web"

        release = await upgrade(bench, "web", chart(), values(color="red"), Options())
        assert (release.version, release.config) == (2, {"color": "red"})
        assert await names(bench) == {"web", "web-kept"}, "what left the chart is gone, except what is to be kept"
        assert (await bench.store.history("web"))[-1].labels["team"] == "x"

        release = await rollback(bench, "web", 1, Options())
        assert (release.version, release.info.description, release.info.rollback_revision) == (3, "Rollback to 1", 1)
        assert (await bench.client.get(CONFIG_MAP, "web", "default"))["data"] == {"color": "blue", "revision": "1"}
        assert await statuses(bench) == ["superseded", "superseded", "deployed"]

        text = await uninstall(bench, "web", Options())
        assert "[ConfigMap] web-kept" in text
        assert await names(bench) == {"web-kept"}
        assert await statuses(bench) == []
        with pytest.raises(NotFound):
            await bench.client.get(LEASE, lease_name("web"), "default")
        assert said == []

    on_bench(work)


def test_names_ownership_and_history() -> None:
    async def work(bench: Bench, said: list[str]) -> None:
        with pytest.raises(ReleaseRefused, match="invalid release name"):
            await install(bench, "Bad_Name", chart(), {}, Options())
        with pytest.raises(ReleaseNotFound, match='"web" has no deployed releases'):
            await upgrade(bench, "web", chart(), {}, Options())
        await bench.client.create(CONFIG_MAP, CONFLICT)
        with pytest.raises(ReleaseRefused, match="exists and cannot be imported into the current release"):
            await install(bench, "web", chart(), {}, Options())
        assert await statuses(bench) == []
        await install(bench, "web", chart(), {}, Options(take_ownership=True))
        with pytest.raises(ReleaseRefused, match="cannot reuse a name that is still in use"):
            await install(bench, "web", chart(), {}, Options())
        for _ in range(4):
            await upgrade(bench, "web", chart(), {}, Options(history_max=3))
        assert [release.version for release in await bench.store.history("web")] == [3, 4, 5]
        with pytest.raises(ReleaseNotFound, match="release has no 1 version"):
            await rollback(bench, "web", 1, Options())
        await uninstall(bench, "web", Options(keep_history=True))
        assert (await statuses(bench))[-1] == "uninstalled"
        release = await install(bench, "web", chart(), {}, Options(replace=True))
        assert release.version == 6

    on_bench(work)


def test_values_are_reused_as_asked() -> None:
    async def work(bench: Bench, said: list[str]) -> None:
        await install(bench, "web", chart(), values(color="red"), Options())
        assert (await upgrade(bench, "web", chart(), {}, Options())).config == {"color": "red"}
        assert (await upgrade(bench, "web", chart(), values(keep=2.0), Options())).config == {"keep": 2}
        reused = await upgrade(bench, "web", chart(), values(color="green"), Options(), Reuse.REUSE)
        assert reused.config == {"keep": 2, "color": "green"}
        assert not (await upgrade(bench, "web", chart(), {}, Options(), Reuse.RESET)).config

    on_bench(work)


def test_a_failed_upgrade_is_rolled_back_and_leaves_nothing() -> None:
    bad = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: zz-{{ .Release.Name }}}\ndata: {bad key!: x}\n"

    async def work(bench: Bench, said: list[str]) -> None:
        await install(bench, "web", chart(), values(color="red"), Options())
        with pytest.raises(OperationFailed, match="is invalid"):
            await upgrade(bench, "web", chart(templates_bad=bad), values(color="green", extra=["new"]), Options())
        assert await statuses(bench) == ["deployed", "failed"]
        await upgrade(bench, "web", chart(), values(color="blue"), Options())
        assert await names(bench) == {"web"}, "objects of the failed revision are gone too"
        assert await statuses(bench) == ["superseded", "failed", "deployed"]
        with pytest.raises(OperationFailed, match="has been rolled back due to rollback-on-failure"):
            await upgrade(bench, "web", chart(templates_bad=bad), values(color="green"), Options(rollback_on_failure=True))
        assert (await bench.client.get(CONFIG_MAP, "web", "default"))["data"]["color"] == "blue"
        assert await statuses(bench) == ["superseded", "failed", "superseded", "failed", "deployed"]
        assert any('msg="upgrade failed"' in line for line in said)
        with pytest.raises(OperationFailed, match="has been uninstalled due to rollback-on-failure"):
            await install(bench, "other", chart(templates_bad=bad), {}, Options(rollback_on_failure=True))
        assert await statuses(bench, "other") == []

    on_bench(work)


def test_an_operation_that_died_is_taken_over_and_one_of_helm_respected_for_a_while() -> None:
    async def work(bench: Bench, said: list[str]) -> None:
        release = await install(bench, "web", chart(), {}, Options())
        dead = release.with_info(status="pending-upgrade", last_deployed="2020-01-01T00:00:00.123456789Z")
        await bench.store.create(msgspec.structs.replace(dead, version=2))
        assert (await upgrade(bench, "web", chart(), values(color="red"), Options())).version == 3
        assert await statuses(bench) == ["superseded", "failed", "deployed"]
        assert "going on from what is deployed" in said[-1]
        fresh = release.with_info(status="pending-upgrade", last_deployed=rfc3339(bench.clock.now() - 100))
        await bench.store.create(msgspec.structs.replace(fresh, version=4))
        with pytest.raises(ReleaseBusy, match="by a tool that takes no lease"):
            await upgrade(bench, "web", chart(), {}, Options())
        assert (await upgrade(bench, "web", chart(), {}, Options(timeout_s=50))).version == 5
        await bench.store.create(msgspec.structs.replace(fresh, version=6))
        assert (await rollback(bench, "web", 5, Options())).version == 7, "a rollback is the way out of a pending release"
        await bench.store.create(msgspec.structs.replace(fresh, version=8))
        await uninstall(bench, "web", Options())
        assert await statuses(bench) == []

    on_bench(work)


def test_dry_runs_change_nothing() -> None:
    async def work(bench: Bench, said: list[str]) -> None:
        for mode in ("client", "server"):
            release = await install(bench, "web", chart(), {}, Options(dry_run=mode))  # type: ignore[arg-type]
            assert release.info.description == "Dry run complete"
        assert (await names(bench), await statuses(bench)) == (set(), [])
        await install(bench, "web", chart(), {}, Options())
        assert (await upgrade(bench, "web", chart(), values(color="red"), Options(dry_run="server"))).version == 2
        assert (await bench.client.get(CONFIG_MAP, "web", "default"))["data"]["color"] == "blue"
        await rollback(bench, "web", 1, Options(dry_run="client"))
        await uninstall(bench, "web", Options(dry_run="client"))
        assert await statuses(bench) == ["deployed"]

    on_bench(work)


def test_definitions_by_policy() -> None:
    boat = "apiVersion: example.com/v1\nkind: Boat\nmetadata: {name: b}\nspec: {color: red}\n"
    first = chart(crds_boats=CRD.replace("FIELDS", "properties: {color: {type: string}}"), templates_boat=boat)
    second = chart(
        crds_boats=CRD.replace("FIELDS", "properties: {color: {type: string}, mast: {type: string}}"),
        templates_boat=boat.replace("red", "red, mast: tall"),
    )

    async def work(bench: Bench, said: list[str]) -> None:
        await install(bench, "web", first, {}, Options())
        with pytest.raises(OperationFailed, match="mast"):
            await upgrade(bench, "web", second, {}, Options(crds="skip"))
        await upgrade(bench, "web", second, {}, Options(crds="apply"))
        live = await bench.cluster.get(
            {"apiVersion": "example.com/v1", "kind": "Boat", "metadata": {"name": "b", "namespace": "default"}}
        )
        assert live is not None
        assert live["spec"] == {"color": "red", "mast": "tall"}

    on_bench(work)


async def end_pod(bench: Bench, name: str, phase: str) -> None:
    """End a new Pod of this name as a node would."""
    version = (await bench.client.list_raw(POD, "default"))[1]
    async for events in bench.client.watch(POD, "default", resource_version=version):
        if any(event.type == "ADDED" for event in events):
            await bench.client.patch(POD, name, "default", {"status": {"phase": phase}}, subresource="status")
            return


def test_hooks_run_by_weight_and_tests_tell_how_they_ended() -> None:
    hooks = [
        {"name": "late", "on": "pre-install", "weight": 2, "kind": "ConfigMap"},
        {"name": "early", "on": "pre-install", "weight": -1, "kind": "ConfigMap", "policy": "hook-succeeded"},
        {"name": "check", "on": "test", "kind": "Pod"},
    ]

    async def work(bench: Bench, said: list[str]) -> None:
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "default"}}
        await bench.client.create(SERVICE_ACCOUNT, account)
        release = await install(bench, "web", chart(), values(hooks=hooks), Options(timeout_s=20))
        runs = {hook.name: hook.last_run for hook in release.hooks or ()}
        assert runs["web-early"].started_at < runs["web-late"].started_at
        assert runs["web-late"].phase == "Succeeded"
        assert not runs["web-check"].started_at
        assert await names(bench) == {"web", "web-late"}, "the hook that was to be deleted is gone"
        for phase in ("Succeeded", "Failed"):
            ending = asyncio.create_task(end_pod(bench, "web-check", phase))
            done = await run_tests(bench, "web", Options(timeout_s=20), only=frozenset(), without=frozenset(), logs=False)
            await ending
            assert (done.failure is None) == (phase == "Succeeded")
            assert next(h for h in done.release.hooks or () if h.name == "web-check").last_run.phase == phase

    on_bench(work)


def test_differences_with_the_cluster_and_with_revisions() -> None:
    async def work(bench: Bench, said: list[str]) -> None:
        first = await install(bench, "web", chart(), values(extra=["a"]), Options())
        await bench.client.patch(CONFIG_MAP, "web", "default", {"data": {"theirs": "1"}})
        second = await upgrade(bench, "web", chart(), values(color="red"), Options(dry_run="server"))
        before, after = await live_change(bench, first, second)
        found = diff_objects(before, after, context=0)
        assert [(each.identity.name, each.change) for each in found] == [("web", "changed"), ("web-a", "removed")]
        assert not any("theirs" in line for line in found[0].lines), "a field of another owner stays"
        assert await live_change(bench, first, first) == (await live_change(bench, None, first))
        stated_diff = diff_objects(await stated(bench, first, hooks=True), await stated(bench, second, hooks=True))
        assert [each.change for each in stated_diff] == ["changed", "removed"]
        assert await stated(bench, None, hooks=True) == []
        await bench.client.named("other").patch(CONFIG_MAP, "web", "default", {"data": {"color": "pink"}})
        await live_change(bench, first, second)
        assert "needs --force-conflicts" in said[-1]

    on_bench(work)


def test_a_user_of_one_namespace_needs_no_more_than_its_objects() -> None:
    rules = [{"apiGroups": [""], "resources": ["secrets", "configmaps"], "verbs": ["*"]}]
    subjects = [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "ann"}]

    async def work(bench: Bench, said: list[str]) -> None:
        meta = {"name": "releaser", "namespace": "default"}
        await bench.client.create(ROLE, {"apiVersion": ROLE.api_version, "kind": "Role", "metadata": meta, "rules": rules})
        reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "releaser"}
        binding = {"apiVersion": ROLE.api_version, "kind": "RoleBinding", "metadata": meta, "subjects": subjects}
        await bench.client.create(BINDING, {**binding, "roleRef": reference})
        client = bench.client.acting_as("ann", "system:authenticated")
        await install(Bench(client, "default", bench.clock, bench.entropy, said.append), "web", chart(), {}, Options())
        assert "working without a lease" in said[0]
        assert await statuses(bench) == ["deployed"]
        with pytest.raises(Denied):
            await install(Bench(client, "other", bench.clock, bench.entropy, said.append), "web", chart(), {}, Options())

    on_bench(work)


def test_an_interrupted_operation_is_recorded_as_failed_and_gives_its_lease_back() -> None:
    hooks = [{"name": "long", "on": "pre-upgrade", "kind": "Pod"}]

    async def work(bench: Bench, said: list[str]) -> None:
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "default"}}
        await bench.client.create(SERVICE_ACCOUNT, account)
        await install(bench, "web", chart(), values(hooks=hooks), Options())
        version = (await bench.client.list_raw(POD, "default"))[1]
        task = asyncio.create_task(upgrade(bench, "web", chart(), values(hooks=hooks, color="red"), Options()))
        async for _ in bench.client.watch(POD, "default", resource_version=version):
            break
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        history = await bench.store.history("web")
        assert [release.status for release in history] == ["deployed", "failed"]
        assert history[-1].info.description == 'Upgrade "web" failed: context canceled'
        assert [tree for tree in await bench.client.list(LEASE, "default") if tree["metadata"]["name"] == lease_name("web")] == []

    on_bench(work)


def test_names_given_by_the_server_never_stand_for_a_whole_collection() -> None:
    nameless = "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: x-}\n"
    hook = nameless.replace("x-", "h-, annotations: {helm.sh/hook: pre-install, helm.sh/hook-delete-policy: hook-succeeded}")

    async def work(bench: Bench, said: list[str]) -> None:
        await bench.client.create(CONFIG_MAP, {**CONFLICT, "metadata": {"name": "theirs", "namespace": "default"}})
        await install(bench, "web", chart(templates_x=nameless, templates_h=hook), {}, Options(wait=True, timeout_s=20))
        made = await names(bench)
        assert {name.rstrip("bcdfghjklmnpqrstvwxz2456789") for name in made} >= {"x-"}
        assert not any(name.startswith("h-") for name in made), "the hook's own object is gone"
        await upgrade(bench, "web", chart(), {}, Options(wait=True, timeout_s=20))
        await uninstall(bench, "web", Options(wait=True, timeout_s=20))
        assert "theirs" in await names(bench)

    on_bench(work)
