"""A chart as helm stores it within a release, and back. Helm's reader is typed, so every text field is a text."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from pilothouse.delivery.charts.engine.chart.loading import plain_text
from pilothouse.delivery.charts.engine.functions.convert import strval
from pilothouse.delivery.charts.engine.yaml.reader import YamlError, read_yaml
from pilothouse.delivery.charts.release.engine.plainvalues import clean_text, float_values, plain_value
from pilothouse.delivery.charts.release.errors import ReleaseUnreadable
from pilothouse.delivery.charts.types import Chart, ChartFile

_NEVER = "0001-01-01T00:00:00Z"
"""What Go reads as no time; an empty text would make the whole release unreadable for helm."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_HEAD = ("name", "home")
_MIDDLE = ("icon", "apiVersion", "condition", "tags", "appVersion")


def _dependency(item: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {"name": plain_text(item.get("name") or "")}
    if item.get("version"):
        out["version"] = plain_text(item["version"])
    out["repository"] = plain_text(item.get("repository") or "")
    if item.get("condition"):
        out["condition"] = plain_text(item["condition"])
    if item.get("tags"):
        out["tags"] = [plain_text(tag) for tag in item["tags"]]
    out["enabled"] = True
    if item.get("import-values"):
        out["import-values"] = plain_value(item["import-values"])
    if item.get("alias"):
        out["alias"] = plain_text(item["alias"])
    return out


def metadata_record(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return Chart.yaml in helm's order and types."""
    out: dict[str, Any] = {}

    def texts(*keys: str) -> None:
        out.update({key: clean_text(plain_text(metadata[key])) for key in keys if metadata.get(key) not in (None, "")})

    def lists(*keys: str) -> None:
        out.update({key: [clean_text(plain_text(item)) for item in metadata[key]] for key in keys if metadata.get(key)})

    texts(*_HEAD)
    lists("sources")
    texts("version", "description")
    lists("keywords")
    if metadata.get("maintainers"):
        known = [item for item in metadata["maintainers"] if isinstance(item, dict)]
        out["maintainers"] = [{k: plain_text(m[k]) for k in ("name", "email", "url") if m.get(k)} for m in known]
    texts(*_MIDDLE)
    if metadata.get("deprecated") is True:
        out["deprecated"] = True
    if metadata.get("annotations"):
        out["annotations"] = {str(k): clean_text(strval(v)) for k, v in metadata["annotations"].items()}
    texts("kubeVersion")
    if metadata.get("dependencies"):
        out["dependencies"] = [_dependency(item) for item in metadata["dependencies"] if isinstance(item, dict)]
    texts("type")
    return out


def _files(files: tuple[ChartFile, ...]) -> list[dict[str, str]]:
    return [{"name": file.name, "data": base64.b64encode(file.data).decode()} for file in files]


def chart_record(chart: Chart) -> dict[str, Any]:
    """Return the chart as it is stored within a release."""
    return {
        "metadata": metadata_record(chart.metadata),
        "lock": _lock(chart),
        "templates": _files(chart.templates) or None,
        "values": plain_value(chart.values),
        "schema": None if chart.schema is None else base64.b64encode(chart.schema).decode(),
        "files": _files(chart.files) or None,
    }


def _lock(chart: Chart) -> dict[str, Any] | None:
    """Return the lock as helm reads it; one that cannot be read counts as none."""
    names = ("Chart.lock", "requirements.lock")
    data = next((file.data for file in chart.raw if file.name in names), None)
    try:
        lock = read_yaml(data.decode("utf-8", "replace")) if data is not None else None
    except YamlError:
        return None
    if not isinstance(lock, dict):
        return None
    items = [item for item in lock.get("dependencies") or () if isinstance(item, dict)]
    keys = ("name", "version", "repository")
    locked = [{key: plain_text(item.get(key) or "") for key in keys if item.get(key) or key != "version"} for item in items]
    made = str(lock.get("generated") or "")
    return {
        "generated": made if _TIME.fullmatch(made) else _NEVER,
        "digest": str(lock.get("digest") or ""),
        "dependencies": locked,
    }


def _read_files(entries: Any) -> tuple[ChartFile, ...]:
    return tuple(ChartFile(str(entry["name"]), base64.b64decode(entry.get("data") or "")) for entry in entries or ())


def chart_of(record: dict[str, Any]) -> Chart:
    """Return the chart of a release; its dependencies are not stored, but their values and results are."""
    try:
        schema = record.get("schema")
        return Chart(
            metadata=dict(record.get("metadata") or {}),
            values=float_values(record.get("values") or {}),
            templates=_read_files(record.get("templates")),
            files=_read_files(record.get("files")),
            schema=base64.b64decode(schema) if schema else None,
            lock=record.get("lock"),
        )
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise ReleaseUnreadable(f"the chart stored within the release cannot be read: {error}") from None
