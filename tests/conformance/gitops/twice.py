"""Syncs a chart of the corpus twice to an API server in memory, with the whole controller, and says what is not at rest then.

The second look is that of a new controller, which remembers nothing: it renders again and compares every object by a dry run.
Every object is called healthy, so that nothing but applying and comparing counts.
"""

import asyncio
import io
import json
import subprocess
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pilothouse.api.meta import Tree, is_condition_true
from pilothouse.cluster.workloads import factory as workloads
from pilothouse.delivery.gitops.adapters.git import GitMirrors
from pilothouse.delivery.gitops.config import GitOpsConfig
from pilothouse.delivery.gitops.controller import APPLICATION, ApplicationController
from pilothouse.delivery.gitops.engine.health import Health
from pilothouse.delivery.gitops.types import definitions
from pilothouse.sdk.client import Client
from pilothouse.sdk.discovery import Discovery
from pilothouse.sdk.kinds import CUSTOM_RESOURCE_DEFINITION
from pilothouse.sdk.manager import Manager
from pilothouse.testing.controlplane import control_plane

CHARTS = Path(__file__).resolve().parents[4] / "shared" / "corpus" / "charts" / "charts-visible"
TIMEOUT_S = 50.0
Run = tuple[str, str]
"""File of the chart, and of the values below the corpus ("" for none)."""

PREREQUISITES = (
    ("monitoring.coreos.com", "v1", "ServiceMonitor"), ("monitoring.coreos.com", "v1", "PrometheusRule"),
    ("monitoring.coreos.com", "v1", "PodMonitor"), ("gateway.networking.k8s.io", "v1", "HTTPRoute"),
)  # fmt: skip
"""Kinds of other products that charts take for granted."""

SERVED = ["apiregistration.k8s.io/v1"]
"""What charts are told of the server besides helm's own list."""
OPERATORS = ("kube-prometheus", "prometheus-operator-crds")
"""Charts that bring these kinds themselves."""


def anything(group: str, version: str, kind: str) -> Tree:
    """Return the definition of a kind that may hold anything."""
    plural = f"{kind.lower()}s"
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {
            "name": f"{plural}.{group}", "annotations": {"api-approved.kubernetes.io": "https://example.com"}},
        "spec": {
            "group": group, "scope": "Namespaced", "names": {"kind": kind, "plural": plural},
            "versions": [{"name": version, "served": True, "storage": True, "schema": schema}],
        },
    }  # fmt: skip


def runs() -> list[Run]:
    """Return every run of the corpus that renders."""
    path = CHARTS / "manifest.json"
    if not path.exists():
        return []
    charts = json.loads(path.read_text())["charts"]
    return [(chart["file"], run["values"] or "") for chart in charts for run in chart["runs"] if run["rc"] == 0]


def name_of(run: Run) -> str:
    """Return a run as one word."""
    return run[0].removesuffix(".tgz") + (f"+{Path(run[1]).stem}" if run[1] else "")


def repository(folder: Path, run: Run) -> Path:
    """Return a repository with the unpacked chart as `chart/` and its values."""
    folder.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO((CHARTS / run[0]).read_bytes())) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    next((folder / "unpacked").iterdir()).rename(folder / "chart")
    if run[1]:
        (folder / "chart" / "corpus-values.yaml").write_bytes((CHARTS / run[1]).read_bytes())
    settings = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    for words in (["init", "-q"], ["add", "-Af"], ["commit", "-qm", "chart"]):
        subprocess.run(["git", *settings, *words], cwd=folder, check=True, capture_output=True)
    return folder


async def _healthy(tree: Tree, **_options: Any) -> Health:
    return Health("Healthy")


@asynccontextmanager
async def _controller(manager: Manager, data_dir: Path) -> AsyncIterator[None]:
    settings = GitOpsConfig(local_poll_s=3600.0)
    controller = ApplicationController(manager, GitMirrors(data_dir), settings, judge=_healthy)
    await controller._controller.start()
    try:
        yield
    finally:
        await controller._controller.stop()
        await controller.stop()


async def _until(client: Client, condition: Any) -> Tree:
    app: Tree = {}
    try:
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                app = await client.get(APPLICATION, "rel", "default")
                if condition(app):
                    return app
                await asyncio.sleep(0.02)
    except TimeoutError:
        status = app.get("status") or {}
        raise AssertionError(f"stays at {status.get('operationState', {}).get('message')}, {status.get('conditions')}") from None


async def _sync(client: Client, mark: str) -> Tree:
    operation = {"sync": {"prune": True}, "info": [{"name": "mark", "value": mark}]}
    await client.patch(APPLICATION, "rel", "default", {"operation": operation})

    def is_done(app: Tree) -> bool:
        state = (app.get("status") or {}).get("operationState") or {}
        info = (state.get("operation") or {}).get("info") or [{}]
        return info[0].get("value") == mark and state.get("phase") not in {"Running", "Terminating"}

    app = await _until(client, is_done)
    state = app["status"]["operationState"]
    failed = [entry["message"] for entry in state["syncResult"]["resources"] if entry["status"] == "SyncFailed"]
    assert state["phase"] == "Succeeded", f"{mark} sync: {state['message']} {failed}"
    return app


async def _look(client: Client) -> Tree:
    """Return the Application when its sources and objects were looked at anew."""
    note = "argocd.argoproj.io/refresh"
    await client.patch(APPLICATION, "rel", "default", {"metadata": {"annotations": {note: "hard"}}})
    return await _until(client, lambda app: note not in (app["metadata"].get("annotations") or {}))


async def _versions(client: Client, app: Tree) -> dict[str, str]:
    """Return the resourceVersions of everything the Application's status names."""
    discovery, found = Discovery(client, is_lenient=True), {}
    for entry in app["status"]["resources"]:
        group = f"{entry['group']}/" if entry.get("group") else ""
        kind = await discovery.find(group + entry["version"], entry["kind"])
        live = await client.get(kind, entry["name"], entry.get("namespace", ""))
        found[f"{entry['kind']}/{entry['name']}"] = live["metadata"]["resourceVersion"]
    return found


def _unrest(app: Tree, when: str) -> list[str]:
    status = app["status"]
    entries = [f"{entry['kind']}/{entry['name']}" for entry in status["resources"] if entry["status"] != "Synced"]
    told = [f"{entry['type']}: {entry['message']}" for entry in status.get("conditions") or () if "Error" in entry["type"]]
    return [f"{when}: {name} is out of sync" for name in entries] + [f"{when}: {text}" for text in told]


async def twice(folder: Path, run: Run) -> list[str]:
    """Return what is not at rest after a sync, or changed by another one."""
    source = {"repoURL": f"file://{repository(folder / 'repo', run)}", "path": "chart", "targetRevision": "main"}
    helm: Tree = {"apiVersions": SERVED, **({"valueFiles": ["corpus-values.yaml"]} if run[1] else {})}
    spec = {
        "source": {**source, "helm": helm}, "destination": {"server": "https://kubernetes.default.svc", "namespace": "ns1"},
        "syncPolicy": {"syncOptions": ["CreateNamespace=true"]},
    }  # fmt: skip
    async with control_plane() as manager:
        client = manager.client
        await workloads.start(manager, workloads.WorkloadsConfig(root_ca_pem="test", volumes_dir=str(folder / "volumes")))
        await manager.start()
        for definition in (*definitions(), *(anything(*kind) for kind in PREREQUISITES if not run[0].startswith(OPERATORS))):
            await client.create(CUSTOM_RESOURCE_DEFINITION, definition)
            name = definition["metadata"]["name"]
            while not is_condition_true(await client.get(CUSTOM_RESOURCE_DEFINITION, name), "Established"):
                await asyncio.sleep(0.01)
        tree = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "rel", "namespace": "default"}}
        async with _controller(manager, folder / "git"):
            await client.create(APPLICATION, {**tree, "spec": spec})
            await _sync(client, "first")
        async with _controller(manager, folder / "again"):
            app = await _look(client)
            found, before = _unrest(app, "a new look"), await _versions(client, app)
            app = await _sync(client, "second")
            after = await _versions(client, app)
            found += [f"the second sync changed {name}" for name in before if before[name] != after.get(name)]
            assert before, "nothing was applied"
            return found + _unrest(await _look(client), "after the second sync")
