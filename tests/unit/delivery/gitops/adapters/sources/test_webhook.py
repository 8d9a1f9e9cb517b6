"""The receiver over real HTTP: who is believed, and that a push leads to a look at once."""

import asyncio
import hashlib
import hmac
from pathlib import Path

import orjson

from pilothouse.delivery.gitops.adapters.git import GitMirrors
from pilothouse.delivery.gitops.adapters.sources import Sources
from pilothouse.delivery.gitops.adapters.sources.webhook import WebhookReceiver
from pilothouse.delivery.gitops.config import GitOpsConfig
from pilothouse.delivery.gitops.engine.webhooks import Push
from pilothouse.sdk.kinds import SECRET
from pilothouse.sdk.manager import Manager
from pilothouse.testing.controlplane import control_plane
from tests.unit.delivery.gitops.adapters.render.world import World, config_map

BODY = orjson.dumps(
    {"ref": "refs/heads/main", "repository": {"html_url": "https://h/r", "default_branch": "main"}, "commits": []}
)


async def post(port: int, path: str, body: bytes, headers: dict[str, str], method: str = "POST") -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "x", "Content-Length": str(len(body)), **headers}.items())
    writer.write(f"{method} {path} HTTP/1.1\r\n{head}Connection: close\r\n\r\n".encode() + body)
    status = int((await reader.readline()).split()[1])
    writer.close()
    return status


async def with_secret(manager: Manager) -> None:
    meta = {"name": "argocd-secret", "namespace": "default"}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": {"webhook.github.secret": "key"}}
    await manager.client.create(SECRET, secret)


def test_who_is_believed() -> None:
    async def run() -> None:
        async with control_plane() as manager:
            await with_secret(manager)
            told: list[tuple[Push, str]] = []
            receiver = WebhookReceiver(manager, GitOpsConfig(), lambda push, namespace: told.append((push, namespace)) or 1)
            await receiver.start()
            signature = f"sha256={hmac.new(b'key', BODY, hashlib.sha256).hexdigest()}"
            good = {"X-GitHub-Event": "push", "X-Hub-Signature-256": signature}
            assert await post(receiver.port, "/api/webhook", BODY, {**good, "X-Hub-Signature-256": "sha256=0"}) == 401
            assert await post(receiver.port, "/api/webhook", BODY, {"X-GitHub-Event": "push"}) == 401
            assert await post(receiver.port, "/other", BODY, good) == 404
            assert await post(receiver.port, "/api/webhook", b"", good, "GET") == 405
            assert await post(receiver.port, "/api/webhook", BODY, {}) == 400
            bad = f"sha256={hmac.new(b'key', b'{', hashlib.sha256).hexdigest()}"
            assert await post(receiver.port, "/api/webhook", b"{", {**good, "X-Hub-Signature-256": bad}) == 400
            assert told == []
            assert await post(receiver.port, "/api/webhook", BODY, good) == 200
            assert [(push.urls, namespace) for push, namespace in told] == [(("https://h/r",), "default")]
            await receiver.stop()

    asyncio.run(run())


def test_too_large_a_payload_is_refused() -> None:
    async def run() -> None:
        async with control_plane() as manager:
            receiver = WebhookReceiver(manager, GitOpsConfig(), lambda push, namespace: 1)
            await receiver.start()
            assert (
                await post(receiver.port, "/api/webhook", b"", {"X-GitHub-Event": "push", "Content-Length": str(26 << 20)}) == 413
            )
            await receiver.stop()

    asyncio.run(run())


def test_after_a_push_the_next_look_is_a_new_one(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.commit({"a/a.yaml": config_map("a"), "b/b.yaml": config_map("b")})

    async def run() -> None:
        async with control_plane() as manager:
            mirrors = GitMirrors(tmp_path / "m")
            sources = Sources(manager, mirrors, GitOpsConfig(local_poll_s=1000))
            apps = [world.app({"path": name}, name=name) for name in ("a", "b")]
            for app in apps:
                await sources.rendering(app)
            world.commit({"a/a.yaml": config_map("changed")})
            assert (await sources.rendering(apps[0])).objects[0]["metadata"]["name"] == "a" and mirrors.exchanges == 1
            push = Push((world.url,), "refs/heads/main", True, frozenset({"a/a.yaml"}))
            assert [app.name for app in sources.announced(push, [app.tree for app in apps])] == ["a"]
            assert (await sources.rendering(apps[0])).objects[0]["metadata"]["name"] == "changed" and mirrors.exchanges == 2
            await sources.rendering(apps[1])
            assert mirrors.exchanges == 2, "one look serves both"

    asyncio.run(run())


def test_a_push_is_detected_without_waiting_for_a_poll(tmp_path: Path) -> None:
    from pilothouse.api.meta import is_condition_true
    from pilothouse.delivery.gitops.controller import APPLICATION, ApplicationController
    from pilothouse.delivery.gitops.types import definitions
    from pilothouse.sdk.kinds import CUSTOM_RESOURCE_DEFINITION
    from pilothouse.testing.controlplane import cluster

    world = World(tmp_path)
    first = world.commit({"a.yaml": config_map("a")})

    async def run() -> None:
        async with cluster(tmp_path / "data") as manager:
            for definition in definitions():
                await manager.client.create(CUSTOM_RESOURCE_DEFINITION, definition)
                name = definition["metadata"]["name"]
                while not is_condition_true(await manager.client.get(CUSTOM_RESOURCE_DEFINITION, name), "Established"):
                    await asyncio.sleep(0.01)
            settings = GitOpsConfig(local_poll_s=100_000)
            controller = ApplicationController(manager, GitMirrors(tmp_path / "m"), settings)
            receiver = WebhookReceiver(manager, settings, controller.announced)
            await controller._controller.start()
            await receiver.start()
            spec = {"source": {"repoURL": world.url, "path": ".", "targetRevision": "main"},
                    "destination": {"server": "https://kubernetes.default.svc", "namespace": "default"}}  # fmt: skip
            meta = {"name": "shop", "namespace": "default"}
            await manager.client.create(
                APPLICATION, {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": meta, "spec": spec}
            )

            async def revision() -> str:
                status = (await manager.client.get(APPLICATION, "shop", "default")).get("status") or {}
                return str((status.get("sync") or {}).get("revision"))

            async def until(wanted: str) -> None:
                async with asyncio.timeout(20):
                    while await revision() != wanted:
                        await asyncio.sleep(0.01)

            await until(first)
            second = world.commit({"a.yaml": config_map("b")})
            assert await revision() == first, "nobody looked"
            body = orjson.dumps(
                {"ref": "refs/heads/main", "repository": {"html_url": world.url, "default_branch": "main"}, "commits": []}
            )
            assert await post(receiver.port, "/api/webhook", body, {"X-GitHub-Event": "push"}) == 200
            await until(second)
            await receiver.stop()
            await controller._controller.stop()

    asyncio.run(run())
