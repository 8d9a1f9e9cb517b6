"""Rendering beside helm: the program once (with and without its store of compiled templates), and a warm render in one process.

Charts are those of the recorded corpus. The warm peer is the Go library in process, by the PyPI package `helm-python-sdk`; it is
large (244 MB), so nothing installs it, and its rows are there when it is.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.bench.figures import Figure

if TYPE_CHECKING:
    from pilothouse.delivery.charts import Chart, RenderCache

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus" / "charts" / "charts-visible"
HELM = Path(sys.prefix) / "clients" / "programs" / "helm"
TURNS = 7
ONCE = (("kube-prometheus-stack", 1 / 3, 1.5), ("prometheus-operator-crds", 1 / 4, 1.5), ("jiralert", 1.2, 1.2))
"""Chart, and the most of helm's it may take: CPU with what is stored (the small one: wall time), CPU without."""


def rendering() -> Iterator[Figure]:
    """Yield the figures; nothing without helm (`make e2e` installs it) or the corpus."""
    if not HELM.exists() or not CORPUS.exists():
        return
    for name, bar, cold_bar in ONCE:
        chart = str(next(CORPUS.glob(f"{name}-[0-9]*.tgz")))
        with tempfile.TemporaryDirectory(prefix="ph-") as home:
            yield from _once(name, chart, home, bar, cold_bar)
    yield from _warm()
    yield from _umbrella()


def _once(name: str, chart: str, home: str, bar: float, cold_bar: float) -> Iterator[Figure]:
    rest = ["template", "rel", chart, "-n", "ns1"]
    helm, ours = [str(HELM), *rest], [sys.executable, "-m", "pilothouse", "chart", *rest]
    environment = {**os.environ, "PILOTHOUSE_CACHE_DIR": home}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    nowhere = {**environment, "PILOTHOUSE_CACHE_DIR": "/dev/null/nowhere"}
    _spent(ours, environment)
    turns = []
    for number in range(TURNS):
        changed = ["--set", f"nameOverride=name{number}"]
        runs = ((helm, environment), (ours, environment), ([*ours, *changed], environment), (ours, nowhere))
        turns.append([_spent(*run) for run in runs])
    peer, again, kept, cold = ([turn[index] for turn in turns] for index in range(4))
    which = 1 if name == "jiralert" else 0
    what = ("CPU", "time")[which]
    rows = (("the same again", again, bar), ("another value", kept, bar), ("nothing stored", cold, cold_bar))
    for kind, found, limit in rows:
        value, beside = (median(one[which] for one in side) for side in (found, peer))
        yield Figure(f"chart template {name}, {kind}, {what}", value, "s", limit, is_upper=True, peer="helm 4", peer_value=beside)


def _spent(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Return CPU (user and system) and wall seconds."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    after, ended = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, ended - began


def _warm() -> Iterator[Figure]:
    if importlib.util.find_spec("helm_python") is None:
        return
    chart = str(next(CORPUS.glob("kube-prometheus-stack-*.tgz")))
    own, peer = _own_render(chart), _peer_render(chart)
    own(0), peer(0)
    turns = [(_cpu(own, number), _cpu(peer, number)) for number in range(1, 4 * TURNS)]
    value, beside = (median(turn[index] for turn in turns) for index in range(2))
    label = "warm render of kube-prometheus-stack, one value changed"
    yield Figure(label, value, "s", 1 / 8, is_upper=True, peer="helm's library", peer_value=beside)


def _cpu(render: Callable[[int], Any], number: int) -> float:
    before = time.process_time()
    render(number)
    return time.process_time() - before


def _own_render(chart: str) -> Callable[[int], Any]:
    from pilothouse.delivery.charts import ReleaseOptions, RenderCache, load_chart, render
    from pilothouse.kit.clock import Entropy, SystemClock

    loaded, cache, release = load_chart(chart), RenderCache(), ReleaseOptions(name="rel", namespace="ns1")

    def go(number: int) -> str:
        values = {"grafana": {"adminUser": f"user{number}"}}
        return render(loaded, release=release, values=values, clock=SystemClock(), entropy=Entropy(), cache=cache).to_text()

    return go


def _peer_render(chart: str) -> Callable[[int], Any]:
    library: Any = importlib.import_module("helm_python")
    loaded = library.Chart.load(chart)

    def go(number: int) -> Any:
        return loaded.render({"grafana": {"adminUser": f"user{number}"}}, name="rel", namespace="ns1")

    return go


def _umbrella() -> Iterator[Figure]:
    """Sixty subcharts: how the time grows, and what a value of one of them costs."""
    from pilothouse.delivery.charts import ReleaseOptions, RenderCache, render
    from pilothouse.kit.clock import Entropy, SystemClock

    few, many = _with_subcharts(15), _with_subcharts(60)
    release = ReleaseOptions(name="rel", namespace="ns1")

    def spent(chart: Chart, cache: RenderCache, number: int) -> float:
        values = {"alertmanager-3": {"fullnameOverride": f"name{number}"}}
        before = time.process_time()
        render(chart, release=release, values=values, clock=SystemClock(), entropy=Entropy(), cache=cache).to_text()
        return time.process_time() - before

    turns = [(spent(few, RenderCache(), 0), spent(many, RenderCache(), 0)) for _ in range(3)]
    one, four = (median(turn[index] for turn in turns) for index in range(2))
    yield Figure("60 subcharts, first render", four, "s", 5.0, is_upper=True, peer="15 subcharts", peer_value=one)
    compiled = RenderCache()
    spent(many, compiled, 0)
    steady, whole, changed = RenderCache(compiled.rows(), compiled.heads.rows), [], []
    for number in range(4 * TURNS):
        whole.append(spent(many, RenderCache(compiled.rows(), compiled.heads.rows), number))
        changed.append(spent(many, steady, number))
    label = "60 subcharts, a value of one changed"
    yield Figure(label, median(changed[3:]), "s", 1 / 10, is_upper=True, peer="all compiled and run", peer_value=median(whole))


def _with_subcharts(count: int) -> Chart:
    from pilothouse.delivery.charts import load_chart
    from pilothouse.delivery.charts.adapters.archive import read_archive

    base = read_archive(next(CORPUS.glob("alertmanager-[0-9]*.tgz")).read_bytes())
    files = {"Chart.yaml": b"apiVersion: v2\nname: umbrella\nversion: 1.0.0\n", "values.yaml": b"{}\n"}
    for number in range(count):
        name = f"alertmanager-{number}"
        own = {**base, "Chart.yaml": base["Chart.yaml"].replace(b"name: alertmanager\n", f"name: {name}\n".encode())}
        files |= {f"charts/{name}/{path}": data for path, data in own.items()}
    return load_chart(files)
