"""A bug of etcd in what a member knew about its users after it had recovered, told on our servers."""

from __future__ import annotations

from pilothouse.cluster.apiserver import ApiServer
from pilothouse.kit.clock import Entropy
from pilothouse.store.revisions import Store
from pilothouse.wire.http.messages import Peer
from tests.unit.cluster.apiserver.driver import Driver
from tests.unit.store.robustness.engines import DURABLE, Rig, on

RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces/default"
MAPS = "/api/v1/namespaces/default/configmaps"
REVIEWER, DISMISSED = Peer("test", "reviewer"), Peer("test", "dismissed")


async def serving(store: Store) -> Driver:
    server = ApiServer(store, entropy=Entropy(1))
    await server.start()
    return Driver(server)


def binding(name: str) -> dict[str, object]:
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"}
    user = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": name}
    return {"metadata": {"name": name}, "roleRef": role, "subjects": [user]}


@on(*DURABLE)
def test_etcd_14571_a_server_that_recovered_knows_who_may_do_what_from_its_first_request_on(rig: Rig) -> None:
    """A member that began with a snapshot had not loaded users and roles: it refused everybody until they were next changed."""

    async def story() -> None:
        store = await rig.open()
        before = await serving(store)
        rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}
        await before.ok("POST", f"{RBAC}/roles", {"metadata": {"name": "reader"}, "rules": [rule]})
        for name in ("reviewer", "dismissed"):
            await before.ok("POST", f"{RBAC}/rolebindings", binding(name))
        await store.snapshot()
        assert (await before.call("GET", MAPS, peer=DISMISSED))[0] == 200
        await before.ok("DELETE", f"{RBAC}/rolebindings/dismissed")
        await before.server.stop()
        await store.close()
        again = await rig.crash()
        after = await serving(again)
        assert (await after.call("GET", MAPS, peer=REVIEWER))[0] == 200
        assert (await after.call("GET", MAPS, peer=DISMISSED))[0] == 403
        await after.server.stop()
        await again.close()

    rig.run(story)
