"""Releases beside helm: user CPU and time of install, upgrade and rollback, on one platform, in turns.

A small chart (examples/hello, without its Deployment's wait) and a large one (kube-prometheus-stack of the recorded charts, 113
objects, without hooks). Both tools see a warm cache: the first turn of each does not count.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.bench.figures import Figure
from tests.bench.processes import user_seconds
from tests.e2e.platform import Platform, platform

ROOT = Path(__file__).resolve().parents[2]
HELM = Path(sys.prefix) / "clients" / "programs" / "helm"
OURS = [sys.executable, "-m", "pilothouse", "chart"]
TURNS = 4
VERBS = ("install", "upgrade", "rollback", "uninstall")


def _life(tool: list[str], chart: Path, environment: dict[str, str]) -> dict[str, tuple[float, float]]:
    """Return CPU and wall time of each verb."""
    options = ["-n", "bench", "--no-hooks"]
    source = {"install": [str(chart)], "upgrade": [str(chart), "--set", "a=1"], "rollback": ["1"], "uninstall": []}
    found: dict[str, tuple[float, float]] = {}
    for verb in VERBS:
        began = time.perf_counter()
        cpu = user_seconds([*tool, verb, "x", *source[verb], *options], environment)
        found[verb] = (cpu, time.perf_counter() - began)
    return found


def _charts() -> Iterator[tuple[str, Path]]:
    yield "small chart", ROOT / "examples" / "hello"
    recorded = ROOT.parent / "shared" / "corpus" / "charts" / "charts-visible"
    for path in sorted(recorded.glob("kube-prometheus-stack-*.tgz")):
        yield "113 objects", path


def _measured(running: Platform) -> Iterator[Figure]:
    environment = {**os.environ, "KUBECONFIG": str(running.kubeconfig)}
    running.kubectl("create", "namespace", "bench")
    for name, chart in _charts():
        turns = [(_life(OURS, chart, environment), _life([str(HELM)], chart, environment)) for _ in range(TURNS)][1:]
        for verb in VERBS:
            for index, what in enumerate(("user CPU", "time")):
                own = median(ours[verb][index] for ours, _ in turns)
                peers = [helm[verb][index] for _, helm in turns]
                yield Figure(f"chart {verb}, {name}, {what}", own, "s", peer="helm 4", peer_value=median(peers))


def releases() -> Iterator[Figure]:
    """The life of a release, beside helm's; nothing without helm (`make e2e` installs it)."""
    if not HELM.is_file():
        print("helm is missing; `make e2e` installs it", file=sys.stderr)
        return
    with platform() as running:
        try:
            yield from _measured(running)
        except (AssertionError, subprocess.SubprocessError) as error:
            print(f"the life of a release failed, so it has no figures: {error}", file=sys.stderr)
            yield Figure("releases measured", 0, "", 1)
