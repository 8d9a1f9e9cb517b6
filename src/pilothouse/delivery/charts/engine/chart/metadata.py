"""Write Chart.yaml in the normalised form `helm show chart` and `helm package` produce."""

from __future__ import annotations

from typing import Any

from pilothouse.delivery.charts.engine.chart.loading import plain_text
from pilothouse.delivery.charts.engine.yaml.writer import write_yaml

_TEXTS = (
    "name", "home", "version", "description", "icon", "apiVersion", "condition", "tags", "appVersion", "kubeVersion",
    "type",
)  # fmt: skip


def _maintainers(items: Any) -> list[dict[str, Any]]:
    return [{k: plain_text(m[k]) for k in ("name", "email", "url") if m.get(k)} for m in items or [] if isinstance(m, dict)]


def _dependencies(items: Any) -> list[dict[str, Any]]:
    out = []
    for item in items or []:
        shown = {"name": plain_text(item.get("name") or ""), "repository": plain_text(item.get("repository") or "")}
        for key in ("version", "condition", "alias"):
            if item.get(key):
                shown[key] = plain_text(item[key])
        for key in ("tags", "import-values"):
            if item.get(key):
                shown[key] = item[key]
        if item.get("enabled") is True:
            shown["enabled"] = True  # type: ignore[assignment]
        out.append(shown)
    return out


def chart_yaml(metadata: dict[str, Any]) -> str:
    """Return the normalised Chart.yaml."""
    shown: dict[str, Any] = {k: plain_text(metadata[k]) for k in _TEXTS if metadata.get(k)}
    for key in ("sources", "keywords"):
        if metadata.get(key):
            shown[key] = [plain_text(v) for v in metadata[key]]
    if metadata.get("maintainers"):
        shown["maintainers"] = _maintainers(metadata["maintainers"])
    if metadata.get("dependencies"):
        shown["dependencies"] = _dependencies(metadata["dependencies"])
    if metadata.get("annotations"):
        shown["annotations"] = {k: plain_text(v) for k, v in metadata["annotations"].items()}
    if metadata.get("deprecated") is True:
        shown["deprecated"] = True
    return write_yaml(shown)
