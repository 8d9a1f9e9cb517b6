"""Control planes of tests: how soon they are ready in a warm process, how soon gone, and how long an hour of their time takes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pilothouse.testing import Environment
from pilothouse.wire import kubeconfig
from pilothouse.wire.pem import client_context
from tests.bench.figures import Figure, median

RUNS = 30
COMMANDS = 10
TICK: dict[str, Any] = {
    "apiVersion": "batch/v1",
    "kind": "CronJob",
    "metadata": {"name": "tick"},
    "spec": {
        "schedule": "*/5 * * * *",
        "successfulJobsHistoryLimit": 100,
        "jobTemplate": {"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "x"}]}}}},
    },
}


def control_planes() -> Iterator[Figure]:
    """Start and stop many, one after the other, as a suite does."""
    _cycle()
    with_controllers = [_cycle() for _ in range(RUNS)]
    with_node = [_cycle(nodes=1)[0] for _ in range(RUNS)]
    yield Figure(
        "control plane of a test, ready (of 30)", median([ready for ready, _ in with_controllers]), "s", 0.15, is_upper=True
    )
    yield Figure("the same with a node and a scheduler", median(with_node), "s", 0.15, is_upper=True)
    yield Figure("and gone, with a watch open over TLS", median([gone for _, gone in with_controllers]), "s", 0.15, is_upper=True)
    yield Figure(
        "pilothouse test -- true, from start to end", median([_command() for _ in range(COMMANDS)]), "s", 1.0, is_upper=True
    )
    yield Figure("an hour of a CronJob: 12 runs", median([_hour() for _ in range(5)]), "s", 1.0, is_upper=True)


def _cycle(**options: Any) -> tuple[float, float]:
    """Return the seconds until one was ready, and until it was gone while a client watched."""
    began = time.perf_counter()
    environment = Environment(**options).start()
    ready = time.perf_counter() - began
    context = client_context(kubeconfig.read(Path(environment.kubeconfig)))
    with urllib.request.urlopen(f"{environment.url}/api/v1/namespaces?watch=1", context=context) as watch:
        watch.readline()
        began = time.perf_counter()
        environment.stop()
        return ready, time.perf_counter() - began


def _command() -> float:
    with tempfile.TemporaryDirectory(prefix="ph-", dir="/tmp") as home:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "pilothouse", "test", "--quiet", "--", "true"], cwd=home, check=True)
        return time.perf_counter() - began


def _hour() -> float:
    with Environment(nodes=1, virtual_time=True) as environment:
        environment.create(TICK)
        began = time.perf_counter()
        environment.advance(3600)
        took = time.perf_counter() - began
        assert len(environment.list("jobs")) == 12
        return took
