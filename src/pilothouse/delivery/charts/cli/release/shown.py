"""Releases as text: tables, the status page, JSON and YAML, as helm prints them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import orjson

from pilothouse.delivery.charts.engine.yaml.writer import write_yaml
from pilothouse.delivery.charts.release.types import Release

_GO_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
Rows = Sequence[Sequence[str]]


def table(rows: Rows) -> str:
    """Return a table as helm draws it: columns of one width, parted by tabs."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "".join("\t".join(text.ljust(width) for text, width in zip(row, widths)) + "\n" for row in rows)


def as_json(value: Any) -> str:
    """Return JSON with Go's escapes."""
    return orjson.dumps(value).decode().translate(_GO_ESCAPES) + "\n"


def structured(value: Any, output: str) -> str:
    """Return a value as JSON or YAML."""
    return as_json(value) if output == "json" else write_yaml(value)


def moment(text: str) -> datetime | None:
    """Return a stored time in its own zone; fractions finer than microseconds are cut."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", text)
    if match is None or text.startswith("0001-"):
        return None
    zone = "+00:00" if match[3] == "Z" else match[3]
    return datetime.fromisoformat(f"{match[1]}.{(match[2] or '0')[:6]:0<6}{zone}")


def ansi_time(text: str) -> str:
    """Return a time as `Mon Jan  2 15:04:05 2006`."""
    at = moment(text) or datetime(1, 1, 1, tzinfo=UTC)
    return f"{at:%a %b} {at.day:>2} {at:%H:%M:%S} {at.year}"


def go_time(text: str) -> str:
    """Return a time as Go prints one, `-` for none."""
    at = moment(text)
    if at is None:
        return "-"
    fraction = re.search(r"\.(\d+)", text)
    digits = f".{fraction[1].rstrip('0')}" if fraction and fraction[1].rstrip("0") else ""
    offset = f"{at:%z}"
    return f"{at:%Y-%m-%d %H:%M:%S}{digits} {offset} {'UTC' if offset == '+0000' else offset}"


def status_text(
    release: Release, *, resources: str = "", is_debug: bool = False, has_metadata: bool = False, hide_notes: bool = False
) -> str:
    """Return the page `status` prints."""
    info, metadata = release.info, release.chart.get("metadata") or {}
    out = [f"NAME: {release.name}"]
    out += [f"LAST DEPLOYED: {ansi_time(info.last_deployed)}"] if info.last_deployed else []
    out += [f"NAMESPACE: {release.namespace}", f"STATUS: {info.status}", f"REVISION: {release.version}"]
    if has_metadata:
        names = (("CHART", "name"), ("VERSION", "version"), ("APP_VERSION", "appVersion"))
        out += [f"{title}: {metadata.get(key, '')}" for title, key in names]
    out += [f"DESCRIPTION: {info.description}"]
    out += [f"RESOURCES:\n{resources}"] if resources else []
    out += _tests(release)
    if is_debug:
        from pilothouse.delivery.charts.release.engine.reuse import computed_values  # brings the whole engine along

        out += [f"USER-SUPPLIED VALUES:\n{write_yaml(release.config)}"]
        out += [f"COMPUTED VALUES:\n{write_yaml(computed_values(release))}"]
    if is_debug or info.description.lower() == "dry run complete":
        out += [f"HOOKS:\n{hooks_text(release)}MANIFEST:\n{release.manifest}"]
    if not hide_notes and info.notes:
        out += [f"NOTES:\n{info.notes.strip()}"]
    return "\n".join(out) + "\n"


def _tests(release: Release) -> list[str]:
    tests = [hook for hook in release.hooks or () if hook.runs_on("test")]
    if not tests:
        return ["TEST SUITE: None"]
    return [
        f"TEST SUITE:     {hook.name}\nLast Started:   {ansi_time(hook.last_run.started_at)}\n"
        f"Last Completed: {ansi_time(hook.last_run.completed_at)}\nPhase:          {hook.last_run.phase}"
        for hook in tests
        if hook.last_run.started_at
    ]


def hooks_text(release: Release) -> str:
    """Return the hooks as `get hooks` prints them."""
    return "".join(f"---\n# Source: {hook.path}\n{hook.manifest}\n" for hook in release.hooks or ())


def list_row(release: Release, updated: str) -> dict[str, str]:
    """Return one line of `list`."""
    return {
        "name": release.name, "namespace": release.namespace, "revision": str(release.version), "updated": updated,
        "status": release.status, "chart": release.chart_name, "app_version": release.app_version,
    }  # fmt: skip


def history_row(release: Release) -> dict[str, Any]:
    """Return one line of `history`."""
    row: dict[str, Any] = {
        "revision": release.version, "updated": release.info.last_deployed, "status": release.status,
        "chart": release.chart_name, "app_version": release.app_version,
    }  # fmt: skip
    if release.info.rollback_revision:
        row["rollback_revision"] = release.info.rollback_revision
    return {**row, "description": release.info.description}


def history_table(rows: list[dict[str, Any]], *, has_rollbacks: bool) -> str:
    """Return `history` as a table."""
    heads = ["REVISION", "UPDATED", "STATUS", "CHART", "APP VERSION", *(["ROLLBACK"] if has_rollbacks else []), "DESCRIPTION"]
    lines = [heads]
    for row in rows:
        back = [str(row.get("rollback_revision", ""))] if has_rollbacks else []
        texts = [str(row["revision"]), ansi_time(row["updated"]), row["status"], row["chart"], row["app_version"]]
        lines.append([*texts, *back, row["description"]])
    return table(lines)


def metadata_of(release: Release) -> dict[str, Any]:
    """Return what `get metadata` shows."""
    metadata = release.chart.get("metadata") or {}
    at = moment(release.info.last_deployed)
    out = {
        "name": release.name, "chart": metadata.get("name", ""), "version": metadata.get("version", ""),
        "appVersion": metadata.get("appVersion", ""), "annotations": metadata.get("annotations"),
        "labels": dict(sorted(release.labels.items())), "dependencies": metadata.get("dependencies"),
        "namespace": release.namespace, "revision": release.version, "status": release.status,
        "deployedAt": f"{at:%Y-%m-%dT%H:%M:%S}{_zone(at)}" if at else "", "applyMethod": release.apply_method,
    }  # fmt: skip
    optional = ("annotations", "dependencies", "labels", "applyMethod")
    return {key: value for key, value in out.items() if value or key not in optional}


def _zone(at: datetime) -> str:
    offset = f"{at:%z}"
    return "Z" if offset == "+0000" else f"{offset[:3]}:{offset[3:]}"


def metadata_text(found: dict[str, Any]) -> str:
    """Return `get metadata` as a page."""
    pairs = {key: ",".join(f"{k}={v}" for k, v in sorted((found.get(key) or {}).items())) for key in ("annotations", "labels")}
    methods = {"": "client-side apply (defaulted)", "csa": "client-side apply", "ssa": "server-side apply"}
    method = found.get("applyMethod", "")
    lines = {
        "NAME": found["name"], "CHART": found["chart"], "VERSION": found["version"], "APP_VERSION": found["appVersion"],
        "ANNOTATIONS": pairs["annotations"], "LABELS": pairs["labels"],
        "DEPENDENCIES": ",".join(d.get("name") or "" for d in found.get("dependencies") or ()), "NAMESPACE": found["namespace"],
        "REVISION": found["revision"], "STATUS": found["status"], "DEPLOYED_AT": found["deployedAt"],
        "APPLY_METHOD": methods.get(method, f'unknown ("{method}")'),
    }  # fmt: skip
    return "".join(f"{title}: {text}\n" for title, text in lines.items())


def release_tree(release: Release, resources: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a release as it is printed in JSON and YAML."""
    tree: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(release, labels={}))
    if resources:
        tree["info"] = {**tree.get("info", {}), "resources": resources}
    return tree
