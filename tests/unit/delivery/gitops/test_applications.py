"""Many Applications at rest: nothing is compared again while nothing changed."""

import asyncio
import time
from pathlib import Path

from pilothouse.delivery.gitops.controller import APPLICATION
from pilothouse.delivery.gitops.types import read_app
from pilothouse.sdk.reconcile import Request
from tests.unit.delivery.gitops.applications.platform import config, platform

MANY = 60


def test_applications_at_rest_ask_the_server_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        async with platform(tmp_path) as on:
            for number in range(MANY):
                folder = on.folder / f"app{number}"
                folder.mkdir()
                for name in "abcd":
                    (folder / f"{name}.yaml").write_text(config(f"{name}{number}"))
            on.commit()
            for number in range(MANY):
                source = {"repoURL": f"file://{on.folder}", "path": f"app{number}", "targetRevision": "main"}
                await on.application(f"app{number}", source=source, syncPolicy={"automated": {}})
            for number in range(MANY):
                await on.until(
                    lambda s: (s.get("sync") or {}).get("status") == "Synced" and s["operationState"]["phase"] == "Succeeded",
                    f"app{number}", 30,
                )  # fmt: skip
            await asyncio.sleep(0.3)
            assert on.controller is not None
            await on.controller._controller.stop()
            versions = [tree["metadata"]["resourceVersion"] for tree in await on.client.list(APPLICATION, "default")]
            site = await on.controller._sites.of(read_app(await on.client.get(APPLICATION, "app0", "default")))
            client, asked = site.cluster.client, []
            apply = client.apply
            client.apply = lambda *args, **kwargs: asked.append(args) or apply(*args, **kwargs)  # type: ignore[func-returns-value,method-assign]
            started = time.process_time()
            for number in range(MANY):
                await on.controller.reconcile(Request("default", f"app{number}"))
            spent_s = time.process_time() - started
            print(f"{MANY} applications at rest: {1000 * spent_s / MANY:.2f} ms each")
            assert asked == []
            assert spent_s / MANY < 0.02
            assert versions == [tree["metadata"]["resourceVersion"] for tree in await on.client.list(APPLICATION, "default")]

    asyncio.run(run())
