"""Decide which dependencies take part: aliases, conditions, tags, and the values a parent imports from them.

Called by `render` before values are merged. Charts are records, so the result is a new chart.
"""

from __future__ import annotations

from typing import Any

import msgspec

from pilothouse.delivery.charts.engine.functions.convert import strval
from pilothouse.delivery.charts.engine.functions.semver import is_compatible
from pilothouse.delivery.charts.engine.merging.coalesce import (
    Values,
    coalesce_values,
    copy_values,
    merge_tables,
    table_at,
    value_at,
)
from pilothouse.delivery.charts.engine.merging.loglines import log_line
from pilothouse.delivery.charts.errors import ValuesInvalid
from pilothouse.delivery.charts.types import Chart


def _requirements(chart: Chart) -> list[dict[str, Any]]:
    found = chart.metadata.get("dependencies")
    return [dict(r) for r in found if isinstance(r, dict)] if isinstance(found, list) else []


def requirement_fits(requirement: dict[str, Any], chart: Chart) -> bool:
    """Say whether a chart is the one a requirement names, in a version it allows."""
    return chart.name == requirement.get("name") and is_compatible(
        str(requirement.get("version") or ""), str(chart.metadata.get("version") or "")
    )


def _renamed(chart: Chart, requirement: dict[str, Any]) -> Chart:
    alias = requirement.get("alias")
    metadata = {**chart.metadata, "name": alias} if alias else dict(chart.metadata)
    return msgspec.structs.replace(chart, metadata=metadata)


def _tags(requirements: list[dict[str, Any]], values: Values, warnings: list[str]) -> None:
    table = table_at(values, "tags")
    if table is None:
        return
    for requirement in requirements:
        found: set[bool] = set()
        for tag in map(strval, requirement.get("tags") or []):
            if tag not in table:
                continue
            if isinstance(table[tag], bool):
                found.add(table[tag])
            else:
                warnings.append(log_line("WARN", "returned non-bool value", tag=tag, chart=requirement["name"]))
        requirement["enabled"] = True in found or False not in found


def _conditions(requirements: list[dict[str, Any]], values: Values, path: str, warnings: list[str]) -> None:
    for requirement in requirements:
        for condition in str(requirement.get("condition") or "").strip().split(","):
            if not condition:
                continue
            present, value = value_at(values, path + condition)
            if not present:
                continue
            if isinstance(value, bool):
                requirement["enabled"] = value
                break
            warnings.append(log_line("WARN", "returned non-bool value", path=condition, chart=requirement["name"]))


def _enabled(chart: Chart, values: Values, path: str, warnings: list[str]) -> Chart:
    if chart.metadata.get("dependencies") is None:
        return chart
    requirements = _requirements(chart)
    kept = [c for c in chart.dependencies if not any(requirement_fits(r, c) for r in requirements)]
    for requirement in requirements:
        match = next((c for c in chart.dependencies if requirement_fits(requirement, c)), None)
        if match is not None:
            kept.append(_renamed(match, requirement))
        if requirement.get("alias"):
            requirement["name"] = requirement["alias"]
        requirement["enabled"] = True
    chart = msgspec.structs.replace(chart, dependencies=tuple(kept))
    try:
        merged = coalesce_values(chart, values, warnings)
    except ValuesInvalid as error:
        warnings.append(log_line("ERROR", "chart dependencies processing failed", error=error.message))
        raise ValuesInvalid(f"chart dependencies processing failed: {error.message}") from None
    _tags(requirements, merged, warnings)
    _conditions(requirements, merged, path, warnings)
    removed = {r["name"] for r in requirements if not r["enabled"]}
    children = tuple(_enabled(c, merged, f"{path}{c.name}.", warnings) for c in kept if c.name not in removed)
    remaining = [{k: v for k, v in r.items() if k != "enabled"} for r in requirements if r["enabled"]]
    metadata = {**chart.metadata, "dependencies": remaining}
    return msgspec.structs.replace(chart, dependencies=children, metadata=metadata)


def _nest(path: str, value: Values) -> Values:
    if path == ".":
        return value
    for part in reversed(path.split(".")):
        value = {part: value} if part else value
    return value


def _imported(requirement: dict[str, Any], values: Values, into: Values, warnings: list[str]) -> Values:
    name = requirement.get("name")
    for item in requirement.get("import-values") or []:
        if isinstance(item, dict):
            child, parent = strval(item.get("child")), strval(item.get("parent"))
            table = table_at(values, f"{name}.{child}")
            if table is None:
                error = f'"{_missing(values, f"{name}.{child}")}" is not a table'
                warnings.append(log_line("WARN", "ImportValues missing table from chart", chart=name, error=error))
                continue
            into = merge_tables(into, copy_values(_nest(parent, table)), "", True, warnings)
        elif isinstance(item, str):
            path = f"{name}.exports.{item}"
            table = table_at(values, path)
            if table is None:
                error = f'"{_missing(values, path)}" is not a table'
                warnings.append(log_line("WARN", "ImportValues missing table", error=error))
                continue
            into = merge_tables(into, copy_values(table), "", True, warnings)
    return into


def _missing(values: Values, path: str) -> str:
    table: Any = values
    for part in path.split("."):
        table = table.get(part)
        if not isinstance(table, dict):
            return part
    return path


def _import_values(chart: Chart, warnings: list[str]) -> Chart:
    children = tuple(_import_values(c, warnings) for c in chart.dependencies)
    chart = msgspec.structs.replace(chart, dependencies=children)
    if chart.metadata.get("dependencies") is None:
        return chart
    merged = coalesce_values(chart, {}, warnings, keep_nulls=True)
    imported: Values = {}
    for requirement in _requirements(chart):
        imported = _imported(requirement, merged, imported, warnings)
    return msgspec.structs.replace(chart, values=merge_tables(copy_values(merged), imported, "", True, warnings))


def process_dependencies(chart: Chart, values: Values, warnings: list[str]) -> Chart:
    """Return the chart with only its enabled dependencies, renamed by alias, and imported values in place."""
    return _import_values(_enabled(chart, values, "", warnings), warnings)
