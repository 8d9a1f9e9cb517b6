"""Write a chart archive in the order and with the normalised Chart.yaml helm uses."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterator

from pilothouse.delivery.charts.engine.chart.metadata import chart_yaml
from pilothouse.delivery.charts.types import Chart


def _entries(chart: Chart, prefix: str) -> Iterator[tuple[str, bytes]]:
    base = f"{prefix}{chart.name}"
    raw = {f.name: f.data for f in chart.raw}
    yield f"{base}/Chart.yaml", chart_yaml(chart.metadata).encode()
    for name in ("Chart.lock", "values.yaml", "values.schema.json"):
        if name in raw:
            yield f"{base}/{name}", raw[name]
    for file in (*chart.templates, *chart.files):
        yield f"{base}/{file.name}", file.data
    for child in chart.dependencies:
        yield from _entries(child, f"{base}/charts/")


def write_archive(chart: Chart, now_s: float) -> bytes:
    """Return the bytes of the chart's .tgz; entries carry the time `now_s`."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=int(now_s)) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        for name, data in _entries(chart, ""):
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.mtime = len(data), 0o644, int(now_s)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()
