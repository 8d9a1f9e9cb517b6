"""The measurements. Each suite returns figures; peers are measured in turns with ours, so that noise hits both."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import mean

from tests.bench.access import free_port
from tests.bench.charts import rendering
from tests.bench.engine import template_engine
from tests.bench.figures import Figure, median
from tests.bench.gitops import gitops
from tests.bench.health import verdicts
from tests.bench.planes import control_planes
from tests.bench.processes import of_directory, pss_mb, user_seconds
from tests.bench.releases import releases
from tests.bench.scale import scale
from tests.bench.serving import serving
from tests.e2e.platform import platform

STARTS = 5
CLI_RUNS = 40


def startup() -> Iterator[Figure]:
    """From the start of the program to /readyz, and what it holds when idle."""
    times, sizes = [], []
    for _ in range(STARTS):
        port, began = free_port(), time.perf_counter()
        waiter = _ReadyWaiter(port)
        with tempfile.TemporaryDirectory(prefix="ph-", dir="/tmp") as home, _up(Path(home), port):
            times.append(waiter.wait() - began)
            time.sleep(3)
            sizes.append(pss_mb(of_directory(Path(home))))
    yield Figure("up to /readyz (median of 5)", median(times), "s", 1.0, is_upper=True)
    yield Figure("idle memory, whole tree (PSS)", median(sizes), "MB", 120, is_upper=True)


@contextlib.contextmanager
def _up(home: Path, port: int) -> Iterator[None]:
    command = [sys.executable, "-m", "pilothouse", "up", "--data-dir", str(home), "--port", str(port), "--log-level", "error"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)
        subprocess.run([sys.executable, "-m", "pilothouse", "down", "--data-dir", str(home)], capture_output=True, check=False)


class _ReadyWaiter:
    def __init__(self, port: int) -> None:
        self.port = port
        self.context = ssl._create_unverified_context()

    def wait(self) -> float:
        """Return the moment /readyz first said ok."""
        for _ in range(6000):
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context, timeout=5)
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return time.perf_counter()
            time.sleep(0.005)
        raise AssertionError("/readyz never answered ok")


def command_line() -> Iterator[Figure]:
    """User CPU of short commands against a bare interpreter; the kernel splits short runs by ticks, so means of many count."""
    program = Path(sys.executable).with_name("pilothouse")
    ours = [str(program)] if program.exists() else [sys.executable, "-m", "pilothouse"]
    with platform() as running:
        environment = {**os.environ, "KUBECONFIG": str(running.kubeconfig)}
        # An installed package has its bytecode: without it each run would measure the compiler.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for name, arguments, bar in (("--help", ["--help"], 4.0), ("get pods", ["get", "pods"], 6.0)):
            bare, own = [], []
            user_seconds([*ours, *arguments], environment)
            for _ in range(CLI_RUNS):
                bare.append(user_seconds([sys.executable, "-c", "pass"], environment))
                own.append(user_seconds([*ours, *arguments], environment))
            label = f"pilothouse {name}, user CPU"
            yield Figure(label, mean(own), "s", bar, is_upper=True, peer="python -c pass", peer_value=mean(bare))


def demo() -> Iterator[Figure]:
    """The figures the demo measures of itself."""
    with tempfile.TemporaryDirectory(prefix="ph-", dir="/tmp") as home:
        report = Path(home) / "figures.json"
        command = [sys.executable, "-m", "pilothouse", "demo", "--once", "--json", str(report)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)
        if done.returncode != 0:
            print(f"the demo failed, so it has no figures:\n{(done.stdout + done.stderr)[-800:]}", file=sys.stderr)
            yield Figure("demo verified", 0, "", 1)
            return
        figures = json.loads(report.read_text())
    yield Figure("demo: git push to healthy and answering", figures["push_to_healthy_s"], "s", 10, is_upper=True)
    for part in ("rollout", "rollback"):
        yield Figure(
            f"demo: requests sent during the {part}", figures[f"{part}_requests"], "", 500 if part == "rollout" else None
        )
        yield Figure(f"demo: failed requests during the {part}", figures[f"{part}_failed"], "", 0, is_upper=True)


SUITES: dict[str, Callable[[], Iterator[Figure]]] = {
    "startup": startup, "planes": control_planes, "serving": serving, "scale": scale, "cli": command_line, "demo": demo,
    "releases": releases, "rendering": rendering, "engine": template_engine, "gitops": gitops, "health": verdicts,
}  # fmt: skip
