"""The platform as the demo uses it: started as a process of its own, reached over TLS like by any client."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from pilothouse.api.meta import Tree, condition_of
from pilothouse.app.commands.demo.timeline import StepFailed
from pilothouse.app.instance import read_record
from pilothouse.kit.aio import offload
from pilothouse.kit.clock import Clock
from pilothouse.kit.errors import NotFound, PilothouseError, Unavailable
from pilothouse.sdk.client import Client
from pilothouse.sdk.kinds import NAMESPACE, POD, Kind
from pilothouse.wire import kubeconfig
from pilothouse.wire.http.client import HttpTransport

APPLICATION = Kind("argoproj.io/v1alpha1", "Application", "applications")
APP_NAMESPACE, NAME, TARGET = "argocd", "shop", "shop"


class Platform:
    """One instance and a client to it."""

    def __init__(self, data_dir: Path, clock: Clock) -> None:
        """Keep everything below `data_dir`."""
        self.data_dir, self._clock = data_dir, clock
        self._process: asyncio.subprocess.Process | None = None
        self._client: Client | None = None

    @property
    def client(self) -> Client:
        """The client; `start` makes it."""
        assert self._client is not None
        return self._client

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.data_dir / "kubeconfig"

    @property
    def log(self) -> Path:
        """What the platform printed."""
        return self.data_dir / "up.log"

    async def start(self) -> None:
        """Start the process and wait until it is ready."""
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "pilothouse", "up", "--data-dir", str(self.data_dir),
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=asyncio.subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        async with asyncio.timeout(30):
            while not await self._is_ready():
                if self._process.returncode is not None:
                    raise StepFailed(f"the platform ended at once: {self.log.read_text()[-2000:]}")
                await self._clock.sleep(0.02)

    async def _is_ready(self) -> bool:
        if self._client is None:
            if read_record(self.data_dir) is None:
                return False
            self._client = Client(HttpTransport(kubeconfig.read(self.kubeconfig)), field_manager="demo")
        try:
            return (await self._client.raw("GET", "/readyz")).status == 200
        except (Unavailable, PilothouseError):
            return False

    async def stop(self) -> list[str]:
        """Stop everything and return what had to be ended."""
        from pilothouse.cluster.nodeagent.adapters.reap import reap

        if self._client is not None:
            await self._client.close()
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(20):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
        return await offload(reap, str(self.data_dir))

    async def create_application(self, repository_url: str) -> None:
        """Create the Application that points to the repository."""
        meta = {"name": APP_NAMESPACE}
        await self.client.apply(NAMESPACE, {"apiVersion": "v1", "kind": "Namespace", "metadata": meta})
        application = {
            "apiVersion": APPLICATION.api_version,
            "kind": "Application",
            "metadata": {
                "name": NAME, "namespace": APP_NAMESPACE, "finalizers": ["resources-finalizer.argocd.argoproj.io"],
            },
            "spec": {
                "project": "default",
                "source": {
                    "repoURL": repository_url, "path": "chart", "targetRevision": "main",
                    "helm": {"valueFiles": ["values-demo.yaml"]},
                },
                "destination": {"server": "https://kubernetes.default.svc", "namespace": TARGET},
                "syncPolicy": {"automated": {"prune": True, "selfHeal": True}, "syncOptions": ["CreateNamespace=true"]},
            },
        }  # fmt: skip
        await self.client.apply(APPLICATION, application)

    async def wait_healthy(self, revision: str, timeout_s: float) -> Tree:
        """Wait until the Application is synced to `revision`, healthy and its operation succeeded."""
        deadline = self._clock.monotonic() + timeout_s
        status: Tree = {}
        while self._clock.monotonic() < deadline:
            try:
                status = (await self.client.get(APPLICATION, NAME, APP_NAMESPACE)).get("status") or {}
            except NotFound:
                status = {}
            if is_done(status, revision):
                return status
            await self._clock.sleep(0.05)
        raise StepFailed(f"the application is not synced and healthy after {timeout_s:.0f} s: {await self._explain(status)}")

    async def _explain(self, status: Tree) -> str:
        operation = status.get("operationState") or {}
        sync, health = (str((status.get(name) or {}).get("status")) for name in ("sync", "health"))
        parts = [f"sync {sync}, health {health}, operation {operation.get('phase')}: {operation.get('message')}"]
        for condition in status.get("conditions") or ():
            parts.append(f"{condition['type']}: {condition['message']}")
        for pod in await self.client.list(POD, TARGET):
            ready = condition_of(pod, "Ready") or {}
            waiting = [
                (state["state"].get("waiting") or {}).get("message") or (state["state"].get("waiting") or {}).get("reason")
                for state in (pod.get("status") or {}).get("containerStatuses") or ()
            ]
            parts.append(f"Pod {pod['metadata']['name']}: ready {ready.get('status')} {[text for text in waiting if text]}")
        return "\n  ".join(parts) + f"\n  the platform's log is {self.log}"


def is_done(status: Tree, revision: str) -> bool:
    """Whether the status says synced to `revision`, healthy and succeeded."""
    sync, operation = status.get("sync") or {}, status.get("operationState") or {}
    return (
        sync.get("status") == "Synced"
        and sync.get("revision") == revision
        and (status.get("health") or {}).get("status") == "Healthy"
        and operation.get("phase") == "Succeeded"
        and (operation.get("syncResult") or {}).get("revision") == revision
    )


def environment_note() -> str:
    """Return who runs the demo, for the first line."""
    return "root" if os.getuid() == 0 else f"uid {os.getuid()}"
