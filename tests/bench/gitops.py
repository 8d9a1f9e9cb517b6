"""Many Applications of four objects in one repository: how soon all are healthy, what they hold, what doing nothing costs.

The shape is Flux's own benchmark (fluxcd/flux-benchmark: a Deployment of no replicas, a ServiceAccount, a Service and one object
more for each; 1,000 took 4 min 15 s on 16 cores); its Ingress is a ConfigMap here, because an Ingress without a controller is
never healthy by Argo CD's rules.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

from tests.bench.access import Administrator, free_port
from tests.bench.figures import Figure
from tests.bench.processes import cpu_seconds, of_directory, pss_mb
from tests.e2e.platform import platform

COUNTS = tuple(int(count) for count in os.environ.get("APPLICATIONS", "100,500,1000").split(","))
FLUX_S = {100: 27.0, 500: 124.0, 1000: 255.0}
"""Flux's seconds by its own report."""
APPLICATIONS = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications"
PROJECT = {
    "sourceRepos": ["*"],
    "destinations": [{"namespace": "*", "server": "*"}],
    "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
}
_KINDS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("v1", "ServiceAccount", {}),
    ("v1", "ConfigMap", {"data": {"color": "blue"}}),
    ("v1", "Service", {"spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}),
    (
        "apps/v1",
        "Deployment",
        {
            "spec": {
                "replicas": 0,
                "selector": {"matchLabels": {"app": "web"}},
                "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web"}]}},
            }
        },
    ),
)


QUIET_S = 15
_SETTLE_S = 300
_SEEN_S = 10


def gitops() -> Iterator[Figure]:
    """Yield the figures of each count."""
    for count in COUNTS:
        with tempfile.TemporaryDirectory(prefix="ph-", dir="/tmp") as home:
            repository = Path(home, "repository")
            _write_repository(repository, count)
            (data := Path(home, "data")).mkdir()
            port = free_port()
            with platform("--port", str(port), data_dir=data) as running:
                yield from _measured(count, repository, Administrator(running.data_dir, port), running.data_dir)


def _measured(count: int, repository: Path, administrator: Administrator, data_dir: Path) -> Iterator[Figure]:
    administrator.call("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}})
    began = time.perf_counter()
    for number in range(count):
        administrator.call("POST", APPLICATIONS, _application(number, repository))
    took = _wait(administrator, lambda trees: sum(map(_is_done, trees)) == count) - began
    bar = {1000: 30.0}.get(count)
    yield Figure(f"{count} applications healthy", took, "s", bar, is_upper=True)
    yield Figure("the same beside Flux's own report (16 cores)", took, "s", peer="Flux", peer_value=FLUX_S.get(count, 0.0))
    pids = of_directory(data_dir)
    yield Figure("memory of all processes then (PSS)", pss_mb(pids), "MB", 250 if count == 1000 else None, is_upper=True)
    busy = sum(map(cpu_seconds, pids))
    time.sleep(QUIET_S)
    idle = (sum(map(cpu_seconds, pids)) - busy) / QUIET_S
    yield Figure("CPU while nothing changes, of one core", idle, "s/s")
    busy = sum(map(cpu_seconds, pids))
    _wake_all(administrator)
    time.sleep(QUIET_S)
    spent = sum(map(cpu_seconds, pids)) - busy - idle * QUIET_S
    bar = 2.0 if count == 1000 else None
    yield Figure(f"reconcile of all {count} that changes nothing, CPU", spent, "s", bar, is_upper=True)
    busy = sum(map(cpu_seconds, pids))
    commit = _commit(repository, "README.md", b"read me")
    _wait(administrator, lambda trees: all(_revision(tree) == commit for tree in trees))
    spent = sum(map(cpu_seconds, pids)) - busy
    yield Figure(f"a commit that touches none of {count}, the new revision written, CPU", spent, "s", None)
    began = time.perf_counter()
    commit = _commit(repository, f"apps/app-{count // 2:04d}/configmap.json", _config_map(count // 2, "green"))
    seen = _wait(administrator, lambda trees: any(_revision(tree) == commit for tree in trees)) - began
    yield Figure("a commit seen by polling", seen, "s", _SEEN_S, is_upper=True)


def _wake_all(administrator: Administrator) -> None:
    """Have every Application looked at: the project they belong to changed."""
    body = {"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": {"name": "default"}, "spec": PROJECT}
    administrator.call("POST", APPLICATIONS.replace("applications", "appprojects"), body)


def _wait(administrator: Administrator, is_there: Callable[[list[dict[str, Any]]], bool]) -> float:
    """Return the moment a condition holds for all Applications."""
    deadline = time.perf_counter() + _SETTLE_S
    while time.perf_counter() < deadline:
        if is_there(administrator.call("GET", APPLICATIONS)["items"]):
            return time.perf_counter()
        time.sleep(0.25)
    raise AssertionError(f"not reached within {_SETTLE_S} s: {administrator.call('GET', APPLICATIONS)['items'][:1]}")


def _is_done(tree: dict[str, Any]) -> bool:
    status = tree.get("status") or {}
    return bool(status.get("health", {}).get("status") == "Healthy" and status.get("sync", {}).get("status") == "Synced")


def _revision(tree: dict[str, Any]) -> str:
    return str(((tree.get("status") or {}).get("sync") or {}).get("revision", ""))


def _application(number: int, repository: Path) -> dict[str, Any]:
    name = f"app-{number:04d}"
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name, "namespace": "argocd"},
        "spec": {
            "project": "default",
            "source": {"repoURL": str(repository), "path": f"apps/{name}", "targetRevision": "HEAD"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "default"},
            "syncPolicy": {"automated": {"prune": True, "selfHeal": True}},
        },
    }


def _write_repository(repository: Path, count: int) -> None:
    for number in range(count):
        folder = repository / "apps" / f"app-{number:04d}"
        folder.mkdir(parents=True)
        for version, kind, body in _KINDS:
            tree = {"apiVersion": version, "kind": kind, "metadata": {"name": folder.name}, **body}
            (folder / f"{kind.lower()}.json").write_bytes(orjson.dumps(tree))
    _git(repository, "init", "-q", "-b", "main")
    _git(repository, "add", ".")
    _git(repository, "commit", "-qm", "begin")


def _config_map(number: int, color: str) -> bytes:
    tree = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"app-{number:04d}"}, "data": {"color": color}}
    return orjson.dumps(tree)


def _commit(repository: Path, name: str, body: bytes) -> str:
    (repository / name).write_bytes(body)
    _git(repository, "add", name)
    _git(repository, "commit", "-qm", "change one")
    return _git(repository, "rev-parse", "HEAD").strip()


def _git(repository: Path, *arguments: str) -> str:
    who = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"]
    return subprocess.run(["git", *who, *arguments], cwd=repository, check=True, capture_output=True, text=True).stdout
