"""Projects as the controller asks them."""

import asyncio

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.adapters.clusters import Clusters
from pilothouse.delivery.gitops.adapters.projects import Projects
from pilothouse.delivery.gitops.types import App, read_app
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
