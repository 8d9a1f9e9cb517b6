"""Lists, watches and size: what a control plane is asked for when a cluster is not small.

The peers of lists and watches are recorded figures of kube-apiserver 1.36 with etcd on two cores (29 lists of 500 ConfigMaps per
second; 47 us of CPU for each event delivered to TLS watchers): nothing of that can be run beside ours.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench import wrk
from tests.bench.access import CONFIG_MAPS, Administrator, free_port
from tests.bench.figures import Figure, median
from tests.bench.processes import cpu_seconds, of_directory, pss_mb
from tests.e2e.platform import Platform, platform

UPSTREAM = "kube-apiserver 1.36"
UPSTREAM_LISTS, UPSTREAM_EVENT_US = 29.0, 47.0
LISTED, WATCHERS, EVENTS, BURST, OBJECTS = 500, 1000, 100, 500, 50_000
PAUSE_S = 0.02
"""Between the writes that watchers see: 50 per second, 50,000 deliveries."""
ROUNDS, SECONDS = 3, 4


class Scene(NamedTuple):
    """A running platform and who may use it."""

    running: Platform
    port: int
    administrator: Administrator
    token: str

    def namespace(self, name: str) -> str:
        """Create a namespace and return the path of its ConfigMaps."""
        self.administrator.call("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        return CONFIG_MAPS.replace("default", name)

    def fill(self, path: str, count: int, size: int = 1024) -> None:
        """Create objects, many at a time."""
        command = [sys.executable, "-m", "tests.bench.filler", str(self.port), path, str(self.token_file), str(count), str(size)]
        subprocess.run(command, check=True, timeout=600)

    @property
    def token_file(self) -> Path:
        """The token, for programs."""
        file = self.running.data_dir / "bench.token"
        file.write_text(self.token)
        return file


@contextlib.contextmanager
def _scene() -> Iterator[Scene]:
    port = free_port()
    with platform("--port", str(port)) as running:
        administrator = Administrator(running.data_dir, port)
        yield Scene(running, port, administrator, administrator.token())


def scale() -> Iterator[Figure]:
    """Lists, a fan-out, and a large store."""
    if not wrk.is_present():
        print("skipped: wrk is missing (apt-get install wrk)", file=sys.stderr)
        return
    with _scene() as scene:
        yield from _lists(scene)
        yield from _fan_out(scene)
    with _scene() as scene:
        yield from _large(scene)


def _lists(scene: Scene) -> Iterator[Figure]:
    path = scene.namespace("listed")
    scene.fill(path, LISTED, 1400)
    url = f"https://127.0.0.1:{scene.port}{path}"
    rates = []
    for _ in range(ROUNDS):
        load = wrk.get(url, SECONDS, scene.token)
        assert load.errors == 0, f"{load.errors} lists failed"
        rates.append(load.per_second)
    yield Figure(f"LIST of {LISTED} ConfigMaps", median(rates), "/s", 10, peer=UPSTREAM, peer_value=UPSTREAM_LISTS)


def _fan_out(scene: Scene) -> Iterator[Figure]:
    """One change after the other, as the recorded figure was taken, then as many as 32 writers make."""
    path = scene.namespace("watched")
    scene.administrator.call("POST", path, {"metadata": {"name": "one"}, "data": {"text": "x" * 1024}})

    def patches() -> None:
        for _ in range(EVENTS):
            _touch(scene, f"{path}/one")
            time.sleep(PAUSE_S)

    def creates() -> None:
        scene.fill(path, BURST)

    for name, count, act in ((f"{1 / PAUSE_S:.0f} changes/s", EVENTS, patches), ("32 writers", BURST, creates)):
        spent, told = _watched(scene, path, count, act)
        label = f"{WATCHERS:,} TLS watchers, {name}"
        yield Figure(f"{label}: lost or doubled", abs(told["expected"] - told["seen"]), "", 0, is_upper=True)
        cost = 1e6 * spent / (WATCHERS * count)
        yield Figure(f"{label}: CPU per event", cost, "us", 8 / UPSTREAM_EVENT_US, True, UPSTREAM, UPSTREAM_EVENT_US)
        yield Figure(f"{label}: delivery p99", told["p99"], "ms", 20 if act is patches else None, is_upper=True)


def _watched(scene: Scene, path: str, count: int, act: Callable[[], None]) -> tuple[float, dict[str, Any]]:
    """Return (CPU seconds of the server, what the watchers saw) of `count` changes."""
    with _watchers(scene, f"{path}?watch=true&resourceVersion={_revision(scene, path)}", count) as process:
        before = cpu_seconds(scene.running.process.pid)
        act()
        told = _told(process)
        return cpu_seconds(scene.running.process.pid) - before, told


def _revision(scene: Scene, path: str) -> str:
    return str(scene.administrator.call("GET", f"{path}?limit=1")["metadata"]["resourceVersion"])


@contextlib.contextmanager
def _watchers(scene: Scene, path: str, count: int) -> Iterator[subprocess.Popen[bytes]]:
    arguments = [str(scene.port), path, str(scene.token_file), str(WATCHERS), str(count)]
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.watchers", *arguments], stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"ready\n"
        time.sleep(1)
        yield process
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def _told(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None
    told: dict[str, Any] = json.loads(process.stdout.readline())
    return told


def _touch(scene: Scene, path: str) -> None:
    patch = {"data": {"sent": str(time.monotonic_ns())}}
    scene.administrator.call("PATCH", path, patch, "application/merge-patch+json")


def _large(scene: Scene) -> Iterator[Figure]:
    path = scene.namespace("large")
    empty = pss_mb(of_directory(scene.running.data_dir))
    began = time.perf_counter()
    scene.fill(path, OBJECTS)
    yield Figure(f"{OBJECTS:,} creates of 1 KB, one program", OBJECTS / (time.perf_counter() - began), "/s")
    yield Figure("memory for each of them (PSS)", 1024 * (pss_mb(of_directory(scene.running.data_dir)) - empty) / OBJECTS, "KB")
    before = lag_of(scene.administrator.connection)
    told = next(figure for figure in _fan_out(scene) if "p99" in figure.name)
    yield Figure(f"... with {OBJECTS:,} objects", told.value, "ms", 20, is_upper=True)
    name = f"event-loop lag p99 with {OBJECTS:,} objects"
    yield Figure(name, 1000 * quantile(before, lag_of(scene.administrator.connection), 0.99), "ms", 50, is_upper=True)


def lag_of(connection: http.client.HTTPSConnection) -> dict[float, float]:
    """Return how often the event loop was late, by upper bound in seconds."""
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    rows = re.findall(r'pilothouse_event_loop_lag_seconds_bucket\{le="([^"]+)"\} ([\d.e+]+)', text)
    assert rows, "the server says nothing about the lag of its event loop"
    return {float(bound): float(count) for bound, count in rows}


def quantile(before: dict[float, float], after: dict[float, float], share: float) -> float:
    """Return the upper bound of the bucket that holds the quantile of what was observed between two readings."""
    counts = {bound: after[bound] - before.get(bound, 0.0) for bound in sorted(after)}
    wanted = share * max(counts.values())
    return next(bound for bound, count in counts.items() if count >= wanted)


if os.environ.get("PILOTHOUSE_BENCH_SMALL"):  # a look at the suite itself
    OBJECTS = 2000
