"""Reads and durable writes of one object, against what this machine can do at best and against etcd."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench import etcd, wrk
from tests.bench.access import CONFIG_MAPS, Administrator, free_port
from tests.bench.figures import Figure, median
from tests.bench.processes import of_directory, pss_mb
from tests.e2e.platform import Platform, platform
from tests.unit.store.etcd.server import PROGRAM as ETCD
from tests.unit.store.etcd.server import EtcdServer

ROUNDS, SECONDS = 5, 4
UPSTREAM = "kube-apiserver 1.36"
UPSTREAM_GETS, UPSTREAM_CREATES = 1400, 480


def serving() -> Iterator[Figure]:
    """Reads against a bare responder, durable creates against the disk and etcd."""
    if not wrk.is_present():
        print("skipped: wrk is missing (apt-get install wrk)", file=sys.stderr)
        return
    port = free_port()
    with platform("--port", str(port)) as running:
        administrator = Administrator(running.data_dir, port)
        token = administrator.token()
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "data": {"text": "x" * 1024}}
        administrator.call("POST", CONFIG_MAPS, body)
        base = f"https://127.0.0.1:{port}{CONFIG_MAPS}"
        yield from _reads(running, base, token)
        yield from _creates(running, base, token)
        yield Figure("memory after the creates (PSS)", pss_mb(of_directory(running.data_dir)), "MB")


def _reads(running: Platform, base: str, token: str) -> Iterator[Figure]:
    with _bare(running) as url:
        _rate(wrk.get(url, SECONDS, token))  # the first use of a connection is no measurement
        pairs = [(_rate(wrk.get(url, SECONDS, token)), _rate(wrk.get(f"{base}/one", SECONDS, token))) for _ in range(ROUNDS)]
    bare, ours = zip(*pairs, strict=True)
    yield _against("GET one object, TLS keep-alive, 32 clients", ours, "bare responder", bare, 0.25)
    yield Figure("  ... absolute", median(ours), "/s", 6000)
    yield Figure("  ... against upstream", median(ours), "/s", peer=UPSTREAM, peer_value=UPSTREAM_GETS)


def _creates(running: Platform, base: str, token: str) -> Iterator[Figure]:
    """Disk, etcd and ours in turns."""
    synced, put, ours = list[float](), list[float](), list[wrk.Load]()
    with _etcd(running.data_dir) as target:
        fdatasync_rate(running.data_dir)
        for turn in range(ROUNDS):
            synced.append(fdatasync_rate(running.data_dir))
            if target:
                put.append(etcd.rate(target, SECONDS, str(turn)))
            ours.append(wrk.create(base, SECONDS, token, str(turn), running.data_dir))
    rates = [_rate(load) for load in ours]
    yield _against("durable creates of 1 KB, 32 clients", rates, "raw fdatasync", synced, 2.0)
    yield Figure("  ... absolute", median(rates), "/s", 3000)
    yield Figure("  ... p99", median([load.p99_ms for load in ours]), "ms", 40, is_upper=True)
    if put:
        yield _against("  ... against raw puts into etcd", rates, "etcd 3.4, 64 at once", put, None)
    yield Figure("  ... against upstream with etcd", median(rates), "/s", peer=UPSTREAM, peer_value=UPSTREAM_CREATES)


def _against(name: str, ours: Any, peer: str, theirs: Any, bar: float | None) -> Figure:
    spread = (min(theirs), max(theirs))
    return Figure(name, median(ours), "/s", bar, peer=peer, peer_value=median(theirs), spread=spread)


def _rate(load: wrk.Load) -> float:
    assert load.errors == 0, f"{load.errors} requests failed"
    return load.per_second


@contextlib.contextmanager
def _etcd(beside: Path) -> Iterator[str]:
    """Run etcd on the same disk, durable; gives nothing where it is not installed."""
    if not ETCD:
        print("no etcd to measure against (apt-get install etcd-server)", file=sys.stderr)
        yield ""
        return
    folder = Path(tempfile.mkdtemp(prefix="etcd-", dir=beside.parent))
    server = EtcdServer(folder, is_durable=True)
    server.start()
    try:
        yield server.target
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _bare(running: Platform) -> Iterator[str]:
    pki, port = running.data_dir / "pki", free_port()
    command = [sys.executable, "-m", "tests.bench.bare", str(pki / "server.crt"), str(pki / "server.key"), str(port), "1400"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        yield f"https://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


def fdatasync_rate(directory: Path, seconds: float = 2.0) -> float:
    """Return how many appends of 1 KB per second the disk makes durable one after the other.

    Everything is flushed first: behind a burst of creates the probe would wait for their write-back, and a peer slowed down by
    ourselves flatters us (seen: 224/s instead of 6,500/s).
    """
    os.sync()
    path, block, count = directory / "fdatasync.probe", b"x" * 1024, 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        began = time.perf_counter()
        while (passed := time.perf_counter() - began) < seconds:
            os.write(descriptor, block)
            os.fdatasync(descriptor)
            count += 1
    finally:
        os.close(descriptor)
        path.unlink()
    return count / passed
