"""Notifications on a real API server, with GitOps running: what happens is told once, also after a restart."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("lupa")

from pilothouse.api.meta import Tree, annotations_of
from pilothouse.delivery.gitops.adapters.projects import PROJECT
from pilothouse.delivery.gitops.applications.store import APPLICATION
from pilothouse.delivery.gitops.notifications.controller import NotificationController
from pilothouse.delivery.gitops.notifications.engine.triggers import NOTIFIED
from pilothouse.kit.clock import Entropy, SystemClock
from pilothouse.kit.metrics import MetricsRegistry
from pilothouse.sdk.kinds import CONFIG_MAP, EVENT, SECRET
from pilothouse.sdk.manager import Manager
from tests.unit.delivery.gitops.adapters.health.servers import Web, web
from tests.unit.delivery.gitops.adapters.health.test_assembling import application, config, gitops, until
from tests.unit.delivery.gitops.notifications.servers import mailbox
from tests.unit.delivery.gitops.notifications.test_engine import CATALOG

SUBSCRIBE = "notifications.argoproj.io/subscribe"


async def configure(manager: Manager, **data: str) -> None:
    def tree(kind: str, name: str, **more: Any) -> Tree:
        return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "default"}, **more}

    await manager.client.create(SECRET, tree("Secret", "argocd-notifications-secret", stringData={"hook": "s3cret"}))
    await manager.client.create(CONFIG_MAP, tree("ConfigMap", "argocd-notifications-cm", data={**CATALOG, **data}))


async def told(server: Web, count: int) -> list[str]:
    async with asyncio.timeout(10):
        while len(server.asked) < count:
            await asyncio.sleep(0.02)
    return sorted(server.asked)


def hook(server: Web) -> dict[str, str]:
    server.says["/s3cret"] = (200, b"")
    paths = {"sync-succeeded": "/synced", "sync-failed": "/failed", "deployed": "/deployed", "health-degraded": "/degraded"}
    server.says |= {f"/s3cret{path}": (200, b"") for path in paths.values()}
    note = "?app={{ .app.metadata.name }}"
    templates = {}
    for name, path in paths.items():
        own = {"webhook": {"ci": {"method": "POST", "path": path + note}}, "email": {"subject": f"{name} {note}"}}
        templates[f"template.{name}"] = json.dumps(own)
    return {"service.webhook.ci": f"url: {server.url('/$hook')}\nretryMax: 1\nretryWaitMin: 10ms", **templates}


def test_a_sync_is_told_once_by_webhook_and_mail(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with web() as server, mailbox() as box, gitops(tmp_path, config("till")) as manager:
            mail = {"service.email": f"host: 127.0.0.1\nport: {box.port}\nfrom: pilothouse@example.com"}
            await configure(manager, **hook(server), **mail, defaultTriggers="[on-sync-failed]")
            notes = {
                f"{SUBSCRIBE}.on-sync-succeeded.ci": "",
                f"{SUBSCRIBE}.on-deployed.ci": "",
                f"{SUBSCRIBE}.on-deployed.email": "me@x.org",
            }
            await application(manager, tmp_path, **notes, **{f"{SUBSCRIBE}.ci": ""})
            await until(manager, lambda s: (s.get("operationState") or {}).get("phase") == "Succeeded")
            assert await told(server, 2) == ["/s3cret/deployed?app=shop", "/s3cret/synced?app=shop"]
            async with asyncio.timeout(10):
                await box.came.wait()
                while len(json.loads(annotations_of(await _app(manager)).get(NOTIFIED) or "{}")) < 3:
                    await asyncio.sleep(0.02)
            assert (box.mails[0]["Subject"], box.recipients) == ("deployed ?app=shop", ["me@x.org"])

            again = Manager(manager.client, clock=SystemClock(), entropy=Entropy(1), metrics=MetricsRegistry())
            controller = NotificationController(again, "default")
            assert not controller._configuration.is_known
            await again.start()
            assert controller._configuration.is_known
            await manager.client.patch(APPLICATION, "shop", "default", {"metadata": {"labels": {"touched": "yes"}}})
            async with asyncio.timeout(10):
                while not _has_seen(controller):
                    await asyncio.sleep(0.02)
            await asyncio.sleep(0.2)
            await again.stop()
            complaints = [
                event for event in await manager.client.list(EVENT, "default") if event["reason"] == "NotificationFailed"
            ]
            assert complaints == []
            assert (len(server.asked), len(box.mails)) == (2, 1)

    asyncio.run(scenario())


async def _app(manager: Manager) -> Tree:
    return await manager.client.get(APPLICATION, "shop", "default")


def _has_seen(controller: NotificationController) -> bool:
    tree = controller._apps.cache.get("shop", "default")
    return tree is not None and "touched" in (tree["metadata"].get("labels") or {})


def test_a_failure_of_the_business_is_told_to_the_project(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with web() as server:
            probe = json.dumps({"http": {"url": server.url("/till")}, "interval": "0.2s", "unhealthyAfter": 1})
            server.says["/till"] = (200, b'{"status": "ready"}')
            async with gitops(tmp_path, config("till", probe)) as manager:
                await configure(manager, **hook(server))
                meta = {"name": "default", "namespace": "default", "annotations": {f"{SUBSCRIBE}.on-health-degraded.ci": ""}}
                spec = {"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}]}
                tree = {"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": meta, "spec": spec}
                await manager.client.create(PROJECT, tree)
                await application(manager, tmp_path)
                await until(manager, lambda s: (s.get("health") or {}).get("status") == "Healthy" and s.get("resources"))
                for _ in range(2):
                    server.says["/till"] = (500, b"")
                    await until(manager, lambda s: s["health"]["status"] == "Degraded")
                    server.says["/till"] = (200, b'{"status": "ready"}')
                    await until(manager, lambda s: s["health"]["status"] == "Healthy")
                async with asyncio.timeout(10):
                    while sum(asked == "/s3cret/degraded?app=shop" for asked in server.asked) < 2:
                        await asyncio.sleep(0.02)

    asyncio.run(scenario())


def test_what_cannot_be_delivered_is_said_and_does_not_count_as_told(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with web() as server, gitops(tmp_path, config("till")) as manager:
            data = hook(server)
            server.says["/s3cret/synced"] = (403, b"not you")
            await configure(manager, **data)
            await application(
                manager, tmp_path, **{f"{SUBSCRIBE}.on-sync-succeeded.ci": "", f"{SUBSCRIBE}.on-nothing.pager": "x"}
            )
            wanted = {"HTTP 403: not you", "trigger 'on-nothing' is not configured"}
            async with asyncio.timeout(10):
                while wanted:
                    events = [event["message"] for event in await manager.client.list(EVENT, "default")]
                    wanted = {text for text in wanted if not any(text in event for event in events)}
                    await asyncio.sleep(0.02)
            assert NOTIFIED not in annotations_of(await _app(manager))

    asyncio.run(scenario())
