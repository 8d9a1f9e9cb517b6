"""Secrets of a real API server become credentials, at once."""

import asyncio

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.adapters.sources.credentials import RepositorySecrets
from pilothouse.delivery.gitops.types import read_app
from pilothouse.sdk.kinds import CONFIG_MAP, SECRET
from pilothouse.testing.controlplane import control_plane


def secret(name: str, **data: str) -> Tree:
    labels = {"argocd.argoproj.io/secret-type": "repository"}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "default", "labels": labels},
        "stringData": data,
    }


def config_map(name: str, **data: str) -> Tree:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}, "data": data}


def test_what_the_cluster_says_about_repositories() -> None:
    async def run() -> None:
        async with control_plane() as manager:
            await manager.client.create(SECRET, secret("one", url="https://h/r", username="u", password="p"))
            await manager.client.create(SECRET, secret("broken", username="u"))
            await manager.client.create(CONFIG_MAP, config_map("argocd-tls-certs-cm", h="PEM"))
            await manager.client.create(
                CONFIG_MAP, config_map("argocd-ssh-known-hosts-cm", ssh_known_hosts="h ssh-ed25519 AAAA\n")
            )
            secrets = RepositorySecrets(manager)
            await secrets.start()
            spec = {"source": {"repoURL": "https://h/r"}, "destination": {}}
            app = read_app({"metadata": {"name": "a", "namespace": "default"}, "spec": spec})
            found = secrets.of(app)("https://h/r.git")
            assert (found.username, found.password, found.ca, found.secret) == ("u", "p", "PEM", "one")
            assert secrets.known_hosts() == "h ssh-ed25519 AAAA"
            other = read_app({"metadata": {"name": "a", "namespace": "elsewhere"}, "spec": spec})
            assert secrets.of(other)("https://h/r").is_anonymous, "Secrets of one namespace do not serve another"
            await manager.client.create(SECRET, secret("two", url="https://h/new", username="n"))
            async with asyncio.timeout(10):
                while secrets.of(app)("https://h/new").username != "n":
                    await asyncio.sleep(0.01)

    asyncio.run(run())
