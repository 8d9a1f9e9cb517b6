"""Check merged values against the values.schema.json of a chart and its dependencies, worded as Helm does."""

from __future__ import annotations

import marshal
import re
from typing import Any

import orjson

from pilothouse.delivery.charts.engine.merging.schemawords import describe, describe_metaschema
from pilothouse.delivery.charts.errors import ValuesInvalid
from pilothouse.delivery.charts.types import Chart

_MAX_FITTING = 256
_NO_SHARING = 2
"""The form of `marshal` in which equal values have equal bytes."""


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


class Fitting:
    """The values that were found to fit their schemas, so that the next render of the same does not check them again."""

    def __init__(self) -> None:
        """None yet."""
        self._known: set[tuple[bytes, bytes]] = set()

    def problem(self, schema: bytes, values: Any) -> str:
        """Return what `own_problem` does."""
        try:
            key = schema, marshal.dumps(values, _NO_SHARING)
        except ValueError:  # types that flags and functions make
            return own_problem(schema, values)
        if key in self._known:
            return ""
        found = own_problem(schema, values)
        if not found:
            if len(self._known) >= _MAX_FITTING:
                self._known.clear()
            self._known.add(key)
        return found


def _problems(chart: Chart, values: Any, fitting: Fitting) -> str:
    out = ""
    if chart.schema is not None:
        found = fitting.problem(chart.schema, values)
        if found:
            out += f"{chart.name}:\n{found}"
    for child in chart.dependencies:
        table = values.get(child.name)
        if isinstance(table, dict):
            out += _problems(child, table, fitting)
    return out


def check_schemas(chart: Chart, values: dict[str, Any], fitting: Fitting) -> None:
    """Raise ValuesInvalid naming every place that does not fit."""
    found = _problems(chart, values, fitting)
    if found:
        raise ValuesInvalid(f"values don't meet the specifications of the schema(s) in the following chart(s):\n{found}")
