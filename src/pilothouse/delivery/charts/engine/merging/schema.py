"""Check merged values against the values.schema.json of a chart and its dependencies, worded as Helm does."""

from __future__ import annotations

import re
from typing import Any

import orjson

from pilothouse.delivery.charts.engine.merging.schemawords import describe, describe_metaschema
from pilothouse.delivery.charts.errors import ValuesInvalid
from pilothouse.delivery.charts.types import Chart


def own_problem(schema: bytes, values: Any) -> str:
    """Return the lines of what does not fit one schema, empty when all does."""
    import jsonschema_rs

    try:
        parsed = orjson.loads(schema)
    except orjson.JSONDecodeError:
        return f"{_json_problem(schema)}"
    try:
        validator = jsonschema_rs.validator_for(parsed)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        missing = re.match(r"Pointer '(.*?)' does not exist", str(error))
        if missing:
            return f'json-pointer in "file:///values.schema.json#{missing.group(1)}" not found'
        found = describe_metaschema(error, parsed) if isinstance(error, jsonschema_rs.ValidationError) else f"{error}\n"
        return f'"file:///values.schema.json#" is not valid against metaschema: {found}'
    return describe(list(validator.iter_errors(_plain(values))), parsed)


def _json_problem(schema: bytes) -> str:
    from pilothouse.delivery.charts.engine.execution.faults import FunctionError
    from pilothouse.delivery.charts.engine.functions.encoding import read_json

    try:
        read_json(schema.decode("utf-8", "replace"))
    except FunctionError as error:
        return str(error)
    return "invalid JSON"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, float) and value == int(value) if isinstance(value, float) and value - value == 0 else False:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)  # `--set` gives Go's int64, a subclass the validator does not know
    return value


def _problems(chart: Chart, values: Any) -> str:
    out = ""
    if chart.schema is not None:
        found = own_problem(chart.schema, values)
        if found:
            out += f"{chart.name}:\n{found}"
    for child in chart.dependencies:
        table = values.get(child.name)
        if isinstance(table, dict):
            out += _problems(child, table)
    return out


def check_schemas(chart: Chart, values: dict[str, Any]) -> None:
    """Raise ValuesInvalid naming every place that does not fit."""
    found = _problems(chart, values)
    if found:
        raise ValuesInvalid(f"values don't meet the specifications of the schema(s) in the following chart(s):\n{found}")
