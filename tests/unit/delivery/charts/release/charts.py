"""A chart for the tests of releases, and a bench on a control plane of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from pilothouse.delivery.charts import load_chart
from pilothouse.delivery.charts.release.actions.bench import Bench
from pilothouse.delivery.charts.types import Chart
from pilothouse.kit.clock import Entropy, SystemClock
from pilothouse.testing.controlplane import control_plane

SETTINGS = """apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}, annotations: {keep: "{{ .Values.keep }}"}}
data: {color: {{ .Values.color }}, revision: "{{ .Release.Revision }}"}
{{- range .Values.extra }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $.Release.Name }}-{{ . }}
  {{- if eq . "kept" }}
  annotations: {helm.sh/resource-policy: keep}
  {{- end }}
{{- end }}
"""
HOOKS = """{{- range .Values.hooks }}
apiVersion: v1
kind: {{ .kind | default "ConfigMap" }}
metadata:
  name: {{ $.Release.Name }}-{{ .name }}
  annotations:
    helm.sh/hook: {{ .on }}
    helm.sh/hook-weight: "{{ .weight | default 0 }}"
    helm.sh/hook-delete-policy: {{ .policy | default "before-hook-creation" }}
{{- if eq .kind "Pod" }}
spec: {restartPolicy: Never, containers: [{name: c, image: {{ .image | default "host" }}, command: ["true"]}]}
{{- end }}
---
{{- end }}
"""


def chart(**files: str) -> Chart:
    """Return the chart, with more files: `templates_x` stands for templates/x.yaml."""
    own = {
        "Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\nappVersion: '7'\n",
        "values.yaml": "color: blue\nkeep: 1\nextra: []\nhooks: []\n",
        "templates/settings.yaml": SETTINGS,
        "templates/hooks.yaml": HOOKS,
        "templates/NOTES.txt": "Hello {{ .Release.Name }}",
    }
    own |= {name.replace("_", "/", 1) + ".yaml": text for name, text in files.items()}
    return load_chart({name: text.encode() for name, text in own.items()})


def on_bench(work: Callable[[Bench, list[str]], Awaitable[None]]) -> None:
    """Run `work` with a bench in the namespace `default`, and the list of what the user is told."""

    async def run() -> None:
        async with control_plane() as manager:
            said: list[str] = []
            await work(Bench(manager.client, "default", SystemClock(), Entropy(2), said.append), said)

    asyncio.run(run())


def values(**given: Any) -> dict[str, Any]:
    """Return values as a user gives them."""
    return given
