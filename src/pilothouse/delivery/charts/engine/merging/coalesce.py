"""Merge values: chart defaults under user values, globals pushed down, null deleting keys — Helm's algorithm.

Called by `dependencies` and `render`. All functions copy what they are given; warnings are collected, not printed.
"""

from __future__ import annotations

import marshal
from typing import Any

from pilothouse.delivery.charts.engine.merging.loglines import log_line
from pilothouse.delivery.charts.engine.values.printing import to_text
from pilothouse.delivery.charts.errors import ValuesInvalid
from pilothouse.delivery.charts.types import Chart

Values = dict[str, Any]
_GLOBAL = "global"
_NO_SHARING = 2
"""The form of `marshal` in which what is there twice becomes two copies."""


def copy_values(value: Any) -> Any:
    """Copy maps and lists at every level."""
    try:
        # what was written the moment before is safe to read; ten times as fast, for the types that YAML gives
        return marshal.loads(marshal.dumps(value, _NO_SHARING))  # noqa: S302
    except ValueError:
        return _copied(value)


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _copied(v) for k, v in value.items()}
    return [_copied(v) for v in value] if isinstance(value, list) else value


def _join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def merge_tables(high: Values, low: Values, prefix: str, keep_nulls: bool, warnings: list[str]) -> Values:
    """Fill `high` from `low` in place; a null in `high` deletes the key unless `keep_nulls`."""
    given = {key for key, value in low.items() if value is not None}
    for key, value in high.items():
        if value is None:
            low[key] = None
    for key, value in low.items():
        full = _join(prefix, key)
        if key not in high:
            high[key] = value
            continue
        present = high[key]
        if present is None and not keep_nulls and key in given:
            del high[key]
        elif isinstance(value, dict):
            if isinstance(present, dict):
                merge_tables(present, value, full, keep_nulls, warnings)
            else:
                warnings.append(log_line("INFO", f"warning: cannot overwrite table with non table for {full} ({to_text(value)})"))
        elif isinstance(present, dict) and value is not None:
            warnings.append(
                log_line("INFO", f"warning: destination for {full} is a table. Ignoring non-table value ({to_text(value)})")
            )
    return high


def _globals(target: Values, source: Values, prefix: str, warnings: list[str]) -> None:
    mine, theirs = target.get(_GLOBAL, {}), source.get(_GLOBAL, {})
    for side, table in (("destination", mine), ("source", theirs)):
        if not isinstance(table, dict):
            warnings.append(log_line("INFO", f"warning: skipping globals because {side} {_GLOBAL} is not a table."))
            return
    for key, value in theirs.items():
        old = mine.get(key)
        if isinstance(value, dict):
            copied = dict(value)
            if key not in mine:
                mine[key] = copied
            elif isinstance(old, dict):
                merge_tables(copied, old, _join(prefix, key), True, warnings)
                mine[key] = copied
            else:
                warnings.append(log_line("INFO", f'Conflict: cannot merge map onto non-map for "{key}". Skipping.'))
        elif isinstance(old, dict):
            warnings.append(log_line("INFO", f"key {key} is table. Skipping"))
        else:
            mine[key] = value
    target[_GLOBAL] = mine


def _own_values(chart: Chart, values: Values, prefix: str, keep_nulls: bool, warnings: list[str]) -> None:
    children = {child.name for child in chart.dependencies}
    sub = _join(prefix, chart.name)
    for key, default in copy_values(chart.values).items():
        if key not in values:
            values[key] = default
            continue
        present = values[key]
        if present is None and not keep_nulls:
            del values[key]
        elif isinstance(present, dict):
            if isinstance(default, dict):
                merge_tables(present, default, _join(sub, key), keep_nulls or key in children, warnings)
            elif default is not None:
                warnings.append(log_line("INFO", f"warning: skipped value for {sub}.{key}: Not a table."))


def _coalesce(chart: Chart, values: Values, prefix: str, keep_nulls: bool, warnings: list[str]) -> Values:
    _own_values(chart, values, prefix, keep_nulls, warnings)
    for child in chart.dependencies:
        table = values.setdefault(child.name, {})
        if not isinstance(table, dict):
            raise ValuesInvalid(f"type mismatch on {child.name}: {_go_bool_verb(table)}")
        sub = _join(prefix, chart.name)
        _globals(table, values, sub, warnings)
        values[child.name] = _coalesce(child, table, sub, keep_nulls, warnings)
    return values


def _go_bool_verb(value: Any) -> str:
    from pilothouse.delivery.charts.engine.values.printf import sprintf

    return sprintf("%t", value)


def coalesce_values(chart: Chart, values: Values | None, warnings: list[str], *, keep_nulls: bool = False) -> Values:
    """Return user values over the defaults of the chart and its dependencies."""
    return _coalesce(chart, copy_values(values or {}), "", keep_nulls, warnings)


def table_at(values: Values, path: str) -> Values | None:
    """Return the table at a dotted path, None when there is none."""
    table: Any = values
    for part in path.split("."):
        table = table.get(part) if isinstance(table, dict) else None
        if not isinstance(table, dict):
            return None
    return table  # type: ignore[no-any-return]


def value_at(values: Values, path: str) -> tuple[bool, Any]:
    """Return whether a non-table value is at a dotted path, and the value."""
    *parents, key = path.split(".")
    table = table_at(values, ".".join(parents)) if parents else values
    if table is None or key not in table or isinstance(table[key], dict):
        return False, None
    return True, table[key]
