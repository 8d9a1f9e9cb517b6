"""The story the demo tells, chapter by chapter."""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import signal
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

from pilothouse.app.commands.demo.platform import APP_NAMESPACE, NAME, TARGET, Platform, environment_note
from pilothouse.app.commands.demo.repository import DemoRepository
from pilothouse.app.commands.demo.timeline import StepFailed, Timeline
from pilothouse.app.commands.demo.traffic import Traffic
from pilothouse.delivery.images import ImageLayout, build_image
from pilothouse.kit.aio import offload
from pilothouse.kit.clock import SystemClock
from pilothouse.sdk.kinds import DEPLOYMENT, SERVICE

SERVICES = ("web", "orders", "worker")
WAIT_S = 90.0
LEAST_REQUESTS = 500


def prepare(args: argparse.Namespace) -> Story:
    """Check the source and choose the data directory."""
    source = Path(args.source).absolute()
    if not (source / "chart" / "Chart.yaml").exists():
        fix = "run it from the project's root, or name the folder with --source"
        raise StepFailed(f"{source} has no chart/Chart.yaml", fix=fix)
    data_dir = Path(args.data_dir).absolute() if args.data_dir else Path(tempfile.mkdtemp(prefix="pilothouse-demo-"))
    clock = SystemClock()
    return Story(source, data_dir, Timeline(clock), Platform(data_dir, clock))


async def tell(story: Story, args: argparse.Namespace) -> int:
    """Run all chapters; 0 when every step was verified. SIGTERM ends it like Ctrl-C, with everything cleaned up."""
    current = asyncio.current_task()
    if current is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, current.cancel)
    try:
        await story.first_release()
        await story.new_version()
        await story.back_again()
        story.summary()
        if args.json:
            await offload(story.write_figures, args.json)
        if not args.once:
            await _until_interrupted()
    finally:
        story.timeline.title("Stopping")
        with story.timeline.step("everything is stopped"):
            await story.platform.stop()
            story.check_nothing_left()
        if not args.data_dir:
            await offload(shutil.rmtree, story.platform.data_dir, ignore_errors=True)
    return 0


async def _until_interrupted() -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    print("\nThe platform keeps running. Ctrl-C stops it and removes everything.", flush=True)
    await stopping.wait()


class Story:
    """The state the chapters share."""

    def __init__(self, source: Path, data_dir: Path, timeline: Timeline, platform: Platform) -> None:
        """Tell the story of `source`."""
        self.source, self.timeline, self.platform = source, timeline, platform
        self.repository = DemoRepository(data_dir / "demo")
        self._layout = ImageLayout(data_dir / "images")
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.url = ""
        self._orders = 0

    async def first_release(self) -> None:
        """From nothing to a running application."""
        timeline = self.timeline
        timeline.title(f"Pilothouse demo, as {environment_note()}: a chart in Git becomes a running application")
        with timeline.step("the platform is up: API server, controllers, scheduler, node agent", "up_s"):
            await self.platform.start()
        with timeline.step("a Git repository is created from examples/shop", "repository_s"):
            await self.repository.create(self.source)
            self.repository.set_version("v1", "Welcome to the demo shop")
        await self._build("v1")
        with timeline.step("a commit with version v1 is pushed"):
            revision = await self.repository.commit_and_push("shop v1")
        pushed = timeline.now()
        with timeline.step("the Application is created"):
            await self.platform.create_application(self.repository.url)
        with timeline.step("Synced and Healthy: cloned, rendered, applied in waves, Pods running and ready", "sync_s") as details:
            status = await self.platform.wait_healthy(revision, WAIT_S)
            details.append(f"{len(status['resources'])} resources")
        with timeline.step("a request through the Service answers") as details:
            self.url = await self._service_url()
            details.append(await self._expect_version("v1"))
        timeline.figures["push_to_healthy_s"] = round(timeline.now() - pushed, 3)
        timeline.note(f"from git push to healthy and answering: {timeline.figures['push_to_healthy_s']:.2f} s")
        with timeline.step("an order goes through web, orders and worker, and is kept in SQLite") as details:
            details.append(await self._place_order())

    async def _build(self, tag: str) -> None:
        with self.timeline.step(f"images of version {tag} are built", f"build_{tag}_s") as details:
            for name in SERVICES:
                blobs = await offload(build_image, self.repository.work / "app" / name, f"shop/{name}:{tag}", self._layout)
                details.append(f"{name} {blobs.manifest_digest[7:15]}")

    async def _service_url(self) -> str:
        service = await self.platform.client.get(SERVICE, "web", TARGET)
        return f"http://127.0.0.1:{service['spec']['ports'][0]['nodePort']}"

    async def _get(self, path: str, body: Any = None) -> Any:
        def ask() -> Any:
            data = None if body is None else json.dumps(body).encode()
            request = urllib.request.Request(self.url + path, data)  # noqa: S310 - an address of this machine
            with self._opener.open(request, timeout=10) as answer:
                return json.load(answer)

        return await offload(ask)

    async def _expect_version(self, version: str) -> str:
        for _ in range(100):
            try:
                found = await self._get("/version")
            except OSError:
                found = {}
            if found.get("version") == version:
                return f"{self.url} serves version {version} from {found['pod']}"
            await SystemClock().sleep(0.05)
        raise StepFailed(f"{self.url}/version does not answer with version {version}")

    async def _place_order(self) -> str:
        order = await self._get("/orders", {"item": "compass", "quantity": 2})
        for _ in range(200):
            orders = await self._get("/orders")
            if any(entry["id"] == order["id"] and entry["state"] == "done" for entry in orders):
                self._orders = len(orders)
                return f"order {order['id']} completed by the worker"
            await SystemClock().sleep(0.05)
        raise StepFailed(f"order {order['id']} was not completed by the worker")

    async def new_version(self) -> None:
        """Push a new version under traffic."""
        self.timeline.title("A new version, under traffic")
        self.repository.set_version("v2", "Welcome to the new shop")
        await self._build("v2")
        await self._roll("v2", "a commit with version v2 is pushed", self.repository.commit_and_push, "shop v2", "rollout")

    async def back_again(self) -> None:
        """Take the new version back under traffic."""
        self.timeline.title("And back again")
        await self._roll("v1", "the commit is reverted and pushed", self.repository.revert_and_push, None, "rollback")
        with self.timeline.step("orders taken before are still there") as details:
            orders = await self._get("/orders")
            if len(orders) < self._orders:
                raise StepFailed(f"{self._orders} orders were taken, {len(orders)} are left")
            details.append(f"{len(orders)} orders")

    async def _roll(self, version: str, text: str, push: Any, message: str | None, figure: str) -> None:
        timeline = self.timeline
        host, _, port = self.url.removeprefix("http://").partition(":")
        traffic = Traffic(host, int(port))
        traffic.start()
        try:
            with timeline.step(text):
                revision = await (push(message) if message else push())
            with timeline.step(f"rolled out: Synced and Healthy at version {version}", f"{figure}_s"):
                await self.platform.wait_healthy(revision, WAIT_S)
                await self._expect_version(version)
            while traffic.sent < LEAST_REQUESTS + 50:
                await SystemClock().sleep(0.05)
        finally:
            await offload(traffic.stop)
        await self._check_traffic(traffic, version, figure)

    async def _check_traffic(self, traffic: Traffic, version: str, figure: str) -> None:
        with self.timeline.step("no request failed, on new and on kept connections") as details:
            self.timeline.figures[f"{figure}_requests"] = traffic.sent
            self.timeline.figures[f"{figure}_failed"] = len(traffic.failures)
            details += [f"{count} answered by {name}" for name, count in sorted(traffic.versions.items())]
            if traffic.failures:
                raise StepFailed(f"{len(traffic.failures)} of {traffic.sent} requests failed, first: {traffic.failures[:3]}")
            if len(traffic.versions) < 2:
                raise StepFailed("the traffic did not see both versions")
            deployment = await self.platform.client.get(DEPLOYMENT, "web", TARGET)
            image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
            if not image.endswith(f":{version}"):
                raise StepFailed(f"the Deployment runs {image}, expected version {version}")

    def summary(self) -> None:
        """Print what to do next."""
        figures = self.timeline.figures
        self.timeline.title("Every step was verified")
        print(
            f"  push to healthy   {figures['push_to_healthy_s']:.2f} s\n"
            f"  rollout           {figures['rollout_s']:.2f} s, {figures['rollout_requests']:.0f} requests, 0 failed\n"
            f"  rollback          {figures['rollback_s']:.2f} s, {figures['rollback_requests']:.0f} requests, 0 failed\n\n"
            f"  shop        {self.url}\n"
            f"  kubeconfig  {self.platform.kubeconfig}\n"
            f"  repository  {self.repository.work}   (edit, commit, push: it is deployed)\n\n"
            f"  export KUBECONFIG={self.platform.kubeconfig}\n"
            f"  pilothouse get pods -A\n"
            f"  pilothouse app get {NAME} -n {APP_NAMESPACE}\n"
            f"  pilothouse logs -f deploy/worker -n {TARGET}",
            flush=True,
        )

    def write_figures(self, path: str) -> None:
        """Write what was measured as JSON."""
        Path(path).write_text(json.dumps(self.timeline.figures, indent=2) + "\n")

    def check_nothing_left(self) -> None:
        """Raise when a process of this instance is still there."""
        from pilothouse.cluster.nodeagent.supervisor import procfs

        left = procfs.marked(f"{procfs.mark_of(str(self.platform.data_dir))}/")
        if left:
            raise StepFailed(f"processes are left behind: {left}")
