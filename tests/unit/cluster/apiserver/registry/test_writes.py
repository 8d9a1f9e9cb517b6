"""create and update."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

from pilothouse.kit.aio import run_all
from pilothouse.kit.clock import Entropy
from tests.unit.cluster.apiserver.driver import MERGE, POD, Driver, serve

MAPS = "/api/v1/namespaces/default/configmaps"


def test_names_are_generated_and_taken_names_refused() -> None:
    async def test(driver: Driver) -> None:
        made = await driver.ok("POST", MAPS, {"metadata": {"generateName": "a-"}})
        assert made["metadata"]["name"].startswith("a-") and len(made["metadata"]["name"]) == 7
        status, value = await driver.call("POST", MAPS, {"metadata": {"name": made["metadata"]["name"]}})
        assert status == 409 and value["reason"] == "AlreadyExists"

    serve(test)


def test_a_generated_name_that_is_taken_is_drawn_again() -> None:
    class Repeating(Entropy):
        """Draws every suffix twice."""

        drawn = 0

        def suffix(self, length: int = 5) -> str:
            self.drawn += 1
            return f"{self.drawn // 2:0{length}}"

    async def test(driver: Driver) -> None:
        driver.server.backend.entropy = Repeating(1)
        names = [(await driver.ok("POST", MAPS, {"metadata": {"generateName": "a-"}}))["metadata"]["name"] for _ in range(4)]
        assert names == ["a-00000", "a-00001", "a-00002", "a-00003"]

    serve(test)


def test_an_update_of_an_old_version_conflicts() -> None:
    async def test(driver: Driver) -> None:
        made = await driver.ok("POST", MAPS, {"metadata": {"name": "x"}})
        await driver.ok("PUT", f"{MAPS}/x", {**made, "data": {"a": "1"}})
        status, value = await driver.call("PUT", f"{MAPS}/x", {**made, "data": {"a": "2"}})
        assert status == 409 and value["reason"] == "Conflict"

    serve(test)


def test_patches_without_a_version_all_get_through() -> None:
    async def test(driver: Driver) -> None:
        await driver.ok("POST", MAPS, {"metadata": {"name": "x"}})
        calls = [driver.call("PATCH", f"{MAPS}/x", {"data": {f"k{i}": "v"}}, headers={"content-type": MERGE}) for i in range(5)]
        results = await run_all(calls)
        assert [status for status, _ in results] == [200] * 5
        assert len((await driver.ok("GET", f"{MAPS}/x"))["data"]) == 5

    serve(test)


def test_updates_without_a_version_all_get_through() -> None:
    async def test(driver: Driver) -> None:
        await driver.ok("POST", MAPS, {"metadata": {"name": "m"}})
        store = driver.server.backend.store
        write, others = store.txn, [b"1", b"2", b"3"]

        async def overtaken(key: str, expected: int | None, value: bytes | None, **options: Any) -> int:
            """Somebody else deletes the object and makes it again just before."""
            if key.endswith("/m") and others:
                entry = await store.get(key)
                assert entry is not None
                await write(key, entry.revision, None)
                await write(key, 0, entry.value.replace(b'"uid":"', b'"uid":"%b' % others.pop()))
            return await write(key, expected, value, **options)

        store.txn = overtaken  # type: ignore[method-assign]
        stored = await driver.ok("PUT", f"{MAPS}/m", {"metadata": {"name": "m"}, "data": {"a": "b"}})
        assert stored["data"] == {"a": "b"}
        assert stored["metadata"]["uid"].startswith("123"), "it is the newest object that was changed"

    serve(test)


def test_a_write_without_effect_keeps_the_version() -> None:
    async def test(driver: Driver) -> None:
        made = await driver.ok("POST", MAPS, {"metadata": {"name": "x"}, "data": {"a": "1"}})
        again = await driver.ok("PUT", f"{MAPS}/x", made)
        assert again["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]

    serve(test)


def test_dry_run_stores_nothing() -> None:
    async def test(driver: Driver) -> None:
        made = await driver.ok("POST", MAPS, {"metadata": {"name": "x"}}, query={"dryRun": "All"})
        assert made["metadata"]["uid"] and "resourceVersion" not in made["metadata"]
        assert (await driver.call("GET", f"{MAPS}/x"))[0] == 404

    serve(test)


def test_generation_counts_changes_of_the_spec_only() -> None:
    async def test(driver: Driver) -> None:
        path = "/apis/apps/v1/namespaces/default/replicasets"
        spec = {"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}}, "spec": POD["spec"]}}
        await driver.ok("POST", path, {"metadata": {"name": "x"}, "spec": spec})
        for patch, wanted in (
            ({"metadata": {"labels": {"x": "y"}}}, 1),
            ({"spec": {"replicas": 3}}, 2),
            ({"status": {"replicas": 1}}, 2),
        ):
            changed = await driver.ok("PATCH", f"{path}/x", patch, headers={"content-type": MERGE})
            assert changed["metadata"]["generation"] == wanted
        status = await driver.ok("PATCH", f"{path}/x/status", {"status": {"replicas": 1}}, headers={"content-type": MERGE})
        assert status["status"]["replicas"] == 1 and status["metadata"]["generation"] == 2

    serve(test)


def test_some_kinds_are_only_replaced_at_a_known_revision() -> None:
    async def test(driver: Driver) -> None:
        path = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
        lease = await driver.ok("POST", path, {"metadata": {"name": "x"}, "spec": {"holderIdentity": "a"}})
        status, value = await driver.call("PUT", f"{path}/x", {"metadata": {"name": "x"}, "spec": {"holderIdentity": "b"}})
        assert status == 422 and "must be specified for an update" in value["message"]
        lease["spec"]["holderIdentity"] = "b"
        assert (await driver.ok("PUT", f"{path}/x", lease))["spec"]["holderIdentity"] == "b"
        await driver.ok("POST", MAPS, {"metadata": {"name": "y"}})
        await driver.ok("PUT", f"{MAPS}/y", {"metadata": {"name": "y"}, "data": {"a": "b"}})

    serve(test)


def test_a_stored_object_costs_little_more_than_its_bytes() -> None:
    async def create(driver: Driver, first: int, count: int) -> None:
        for n in range(first, first + count):
            await driver.ok("POST", MAPS, {"metadata": {"name": f"m{n}"}, "data": {"a": "x" * 900}})

    async def test(driver: Driver) -> None:
        await create(driver, 0, 50)
        tracemalloc.start()
        try:
            await create(driver, 50, 200)
            gc.collect()
            assert tracemalloc.get_traced_memory()[0] / 200 < 3000
        finally:
            tracemalloc.stop()

    serve(test)


def test_a_volume_notes_when_its_phase_changed() -> None:
    async def test(driver: Driver) -> None:
        spec = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/x"}}
        made = await driver.ok("POST", "/api/v1/persistentvolumes", {"metadata": {"name": "v"}, "spec": spec})
        assert made["status"]["lastPhaseTransitionTime"]
        path, media = "/api/v1/persistentvolumes/v/status", {"content-type": MERGE}
        given = {"status": {"phase": "Available", "lastPhaseTransitionTime": "2020-01-01T00:00:00Z"}}
        assert (await driver.ok("PATCH", path, given, headers=media))["status"] == given["status"]
        bound = await driver.ok("PATCH", path, {"status": {"phase": "Bound"}}, headers=media)
        assert bound["status"]["lastPhaseTransitionTime"] > "2026-01-01T00:00:00Z"

    serve(test)


APPLY = "application/apply-patch+yaml"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases"


def test_a_put_creates_only_what_is_of_some_kinds() -> None:
    async def test(driver: Driver) -> None:
        assert (await driver.call("PUT", f"{MAPS}/a", {"metadata": {"name": "a"}}))[0] == 404
        status, made = await driver.call("PUT", f"{LEASES}/a", {"metadata": {"name": "a"}, "spec": {"holderIdentity": "b"}})
        assert (status, made["spec"]["holderIdentity"], made["metadata"]["managedFields"][0]["operation"]) == (201, "b", "Update")
        assert (await driver.call("PUT", f"{LEASES}/a", made))[0] == 200
        status, refused = await driver.call("PUT", f"{LEASES}/b", {"metadata": {"name": "b", "uid": "u"}})
        assert status == 409 and "uid mismatch" in refused["message"]
        assert (await driver.call("PUT", f"{LEASES}/c", {"metadata": {"name": "c"}}, query={"dryRun": "All"}))[0] == 201
        assert (await driver.call("GET", f"{LEASES}/c"))[0] == 404

    serve(test)


def test_who_may_change_may_not_create_by_it() -> None:
    rules = [{"apiGroups": ["", "coordination.k8s.io"], "resources": ["configmaps", "leases"], "verbs": ["update", "patch"]}]
    rbac, who = "/apis/rbac.authorization.k8s.io/v1", {"impersonate-user": "jane"}

    async def test(driver: Driver) -> None:
        await driver.ok("POST", f"{rbac}/clusterroles", {"metadata": {"name": "r"}, "rules": rules})
        subjects = [{"kind": "User", "name": "jane"}]
        reference = {"kind": "ClusterRole", "name": "r", "apiGroup": "rbac.authorization.k8s.io"}
        body = {"metadata": {"name": "b"}, "roleRef": reference, "subjects": subjects}
        await driver.ok("POST", f"{rbac}/clusterrolebindings", body)
        lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "a"}, "spec": {}}
        status, value = await driver.call("PUT", f"{LEASES}/a", lease, headers=who)
        assert status == 403 and "cannot create" in value["message"]
        config: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
        path, manager, applies = f"{MAPS}/a", {"fieldManager": "m"}, {"content-type": APPLY}
        assert (await driver.call("PATCH", path, config, query=manager, headers={**who, **applies}))[0] == 403
        assert (await driver.call("PATCH", path, config, query=manager, headers=applies))[0] == 201
        config["data"] = {"a": "b"}
        assert (await driver.call("PATCH", path, config, query=manager, headers={**who, **applies}))[0] == 200

    serve(test)
