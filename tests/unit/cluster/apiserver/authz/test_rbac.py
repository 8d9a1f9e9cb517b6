"""Rules, bindings, and what follows from them."""

from __future__ import annotations

import pytest

from pilothouse.cluster.apiserver.authz.rbac import binds, compile_rule, covers
from pilothouse.cluster.apiserver.context import Attributes, User
from pilothouse.wire.http.messages import Peer
from tests.unit.cluster.apiserver.driver import Driver, serve

ALICE = Peer("test", "alice", ("dev",))
ROLES = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/"


@pytest.mark.parametrize(
    ("rule", "wanted", "allowed"),
    [
        ({"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}, Attributes("get", True, "", "v1", "pods"), True),
        ({"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}, Attributes("list", True, "", "v1", "pods"), False),
        ({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}, Attributes("get", True, "x", "v1", "y", "z"), True),
        ({"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}, Attributes("get", True, "", "v1", "pods", "log"), False),
        ({"verbs": ["get"], "apiGroups": [""], "resources": ["*/log"]}, Attributes("get", True, "", "v1", "pods", "log"), True),
        (
            {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"], "resourceNames": ["a"]},
            Attributes("get", True, "", "v1", "pods", "", "ns", "b"), False,
        ),
        ({"verbs": ["get"], "nonResourceURLs": ["/healthz/*"]}, Attributes("get", False, path="/healthz/ping"), True),
        ({"verbs": ["get"], "nonResourceURLs": ["/healthz"]}, Attributes("get", False, path="/metrics"), False),
    ],
)  # fmt: skip
def test_rules_grant_what_they_say(rule: dict[str, list[str]], wanted: Attributes, allowed: bool) -> None:
    assert compile_rule(rule).allows(wanted) is allowed


def test_subjects_of_bindings() -> None:
    account = User("system:serviceaccount:ns:sa")
    assert binds({"subjects": [{"kind": "ServiceAccount", "name": "sa"}]}, account, "ns")
    assert not binds({"subjects": [{"kind": "ServiceAccount", "name": "sa", "namespace": "other"}]}, account, "ns")
    assert binds({"subjects": [{"kind": "Group", "name": "g"}]}, User("u", "", ("g",)), "")


def test_missing_grants_are_found_one_by_one() -> None:
    owned = [compile_rule({"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]})]
    wanted = {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"]}
    assert covers(owned, wanted) == [{"verbs": ["list"], "apiGroups": [""], "resources": ["pods"]}]


def test_a_new_binding_counts_at_once_and_a_deleted_one_no_longer() -> None:
    async def test(driver: Driver) -> None:
        path = "/api/v1/namespaces/default/pods"
        assert (await driver.call("GET", path, peer=ALICE))[0] == 403
        rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]
        await driver.ok("POST", f"{ROLES}roles", {"metadata": {"name": "r"}, "rules": rules})
        reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}
        subjects = [{"kind": "Group", "name": "dev", "apiGroup": "rbac.authorization.k8s.io"}]
        await driver.ok("POST", f"{ROLES}rolebindings", {"metadata": {"name": "b"}, "roleRef": reference, "subjects": subjects})
        assert (await driver.call("GET", path, peer=ALICE))[0] == 200
        assert (await driver.call("GET", "/api/v1/pods", peer=ALICE))[0] == 403
        await driver.ok("DELETE", f"{ROLES}rolebindings/b")
        assert (await driver.call("GET", path, peer=ALICE))[0] == 403

    serve(test)


MAPS = "/api/v1/namespaces/default/configmaps"


async def grant(driver: Driver, **rule: list[str]) -> None:
    await driver.ok("POST", ROLES + "roles", {"metadata": {"name": "r"}, "rules": [{"apiGroups": [""], **rule}]})
    binding = {"metadata": {"name": "b"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}}
    await driver.ok("POST", ROLES + "rolebindings", {**binding, "subjects": [{"kind": "User", "name": "alice"}]})


def test_a_field_selector_names_no_object_that_is_created() -> None:
    async def test(driver: Driver) -> None:
        await grant(driver, verbs=["*"], resources=["configmaps"], resourceNames=["mine"])
        query = {"fieldSelector": "metadata.name=mine"}
        status, _ = await driver.call("GET", MAPS, query=query, peer=ALICE)
        assert status == 200
        status, _ = await driver.call("POST", MAPS, {"metadata": {"name": "other"}}, query=query, peer=ALICE)
        assert status == 403

    serve(test)


def test_applying_what_is_not_there_needs_the_right_to_create() -> None:
    async def apply(driver: Driver) -> int:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
        headers = {"content-type": "application/apply-patch+yaml"}
        status, _ = await driver.call("PATCH", f"{MAPS}/x", body, query={"fieldManager": "t"}, headers=headers, peer=ALICE)
        return status

    async def test(driver: Driver) -> None:
        await grant(driver, verbs=["get", "patch"], resources=["configmaps"])
        assert await apply(driver) == 403
        await driver.ok("POST", MAPS, {"metadata": {"name": "x"}})
        assert await apply(driver) == 200

    serve(test)
