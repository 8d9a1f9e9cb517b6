"""Projects as the controller asks them."""

import asyncio

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.adapters.clusters import Clusters
from pilothouse.delivery.gitops.adapters.projects import Projects
from pilothouse.delivery.gitops.types import App, read_app
from pilothouse.sdk.kinds import NAMESPACE, SECRET
from pilothouse.testing.controlplane import control_plane


def app(project: str = "default", namespace: str = "argocd") -> App:
    spec = {"project": project, "source": {"repoURL": "https://git.example/a"}, "destination": {"namespace": "shop"}}
    return read_app({"metadata": {"name": "a", "namespace": namespace}, "spec": spec})


def secret(name: str) -> Tree:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "shop"}}


def test_the_default_project_permits_everything_until_somebody_writes_one() -> None:
    async def run() -> None:
        async with control_plane() as manager:
            projects = Projects(manager, "argocd", Clusters(manager, "argocd").place_of)
            assert projects.problems(app()) == []
            assert projects.refusal(app(), secret("x"), True) == ""
            assert projects.is_open(app(), 0.0, is_manual=False, started_at=None)
            assert projects.orphan_rules(app()) is None
            assert "does not exist" in projects.problems(app("other"))[0]

    asyncio.run(run())


def test_everything_that_is_forbidden_is_told() -> None:
    async def run() -> None:
        async with control_plane() as manager:
            projects = Projects(manager, "argocd", Clusters(manager, "argocd").place_of)
            spec = {"sourceRepos": ["https://git.example/b"], "destinations": [], "signatureKeys": [{"keyID": "1"}]}
            tree = {"metadata": {"name": "p", "namespace": "argocd"}, "spec": spec}
            projects.informer.cache.get = lambda name, namespace="": tree if name == "p" else None  # type: ignore[method-assign]
            text = "\n".join(projects.problems(app("p", "team")))
            assert all(
                part in text for part in ("signatureKeys", "application repo", "in namespace 'team'", "destination server")
            )

    asyncio.run(run())


def test_a_project_may_permit_only_its_own_clusters() -> None:
    def cluster(name: str, project: str) -> Tree:
        data = {"name": name, "server": f"https://{name}", "project": project, "config": "{}"}
        meta = {"name": name, "namespace": "argocd", "labels": {"argocd.argoproj.io/secret-type": "cluster"}}
        return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": data}

    async def run() -> None:
        async with control_plane() as manager:
            clusters = Clusters(manager, "argocd")
            await manager.client.create(NAMESPACE, {"metadata": {"name": "argocd"}, "apiVersion": "v1", "kind": "Namespace"})
            for tree in (cluster("own", "p"), cluster("free", "")):
                await manager.client.create(SECRET, tree)
            await clusters.start()
            projects = Projects(manager, "argocd", clusters.place_of, clusters.project_of)
            spec = {
                "sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}], "permitOnlyProjectScopedClusters": True
            }  # fmt: skip
            project = {"metadata": {"name": "p", "namespace": "argocd"}, "spec": spec}
            projects.informer.cache.get = lambda name, namespace="": project  # type: ignore[method-assign]

            def to(name: str) -> App:
                wanted = {**app("p").spec, "destination": {"name": name, "namespace": "shop"}}
                return read_app({"metadata": {"name": "a", "namespace": "argocd"}, "spec": wanted})

            assert projects.problems(to("own")) == []
            for other in ("free", "in-cluster"):
                assert "permits only its own" in projects.problems(to(other))[0]

    asyncio.run(run())
