"""The definitions of a chart's `crds/` folder, which come before everything else.

Policy `create` is helm's: what is missing is created at an install, and nothing is ever changed. `apply` brings them to what the
chart says, also at an upgrade, by server-side apply; the server refuses what stored objects would not survive. `skip`: never.
"""

from __future__ import annotations

from functools import partial

from pilothouse.api.meta import Tree
from pilothouse.delivery.charts.release.actions.bench import Bench, Options
from pilothouse.delivery.charts.release.engine.objects import read_objects
from pilothouse.delivery.charts.release.engine.readiness import readiness_of
from pilothouse.delivery.charts.types import Chart

ESTABLISHED_TIMEOUT_S = 60.0


def crd_objects(chart: Chart) -> list[Tree]:
    """Return the definitions of a chart and of the charts below it."""
    own = [f for f in chart.files if f.name.startswith("crds/") and f.name.endswith((".yaml", ".yml", ".json"))]
    found = [tree for file in own for tree in read_objects(file.data.decode("utf-8", "replace"))]
    return found + [tree for child in chart.dependencies for tree in crd_objects(child)]


async def bring_crds(bench: Bench, chart: Chart, options: Options) -> None:
    """Create or apply the definitions and wait until they are served; raises NotReady."""
    if options.crds == "skip":
        return
    wanted = await bench.cluster.placed(crd_objects(chart), "crds")
    if options.crds == "create":
        live = await bench.cluster.get_all(wanted)
        wanted = [tree for tree, found in zip(wanted, live) if found is None]
    if not wanted:
        return
    await bench.cluster.apply_all(wanted, force=options.crds == "apply")
    await bench.waiter.until_ready(wanted, partial(readiness_of), ESTABLISHED_TIMEOUT_S)
    await bench.cluster.discovery.refresh()
