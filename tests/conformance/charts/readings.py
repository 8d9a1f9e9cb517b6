"""The three readings of a YAML parse case: as a values file, through fromYaml, through fromYamlArray."""

from __future__ import annotations

import json
from typing import Any

from pilothouse.delivery.charts import merge_layers
from pilothouse.delivery.charts.engine.functions.encoding import to_json
from pilothouse.delivery.charts.engine.functions.markup import TABLE
from pilothouse.delivery.charts.engine.values.kinds import kind_of
from pilothouse.delivery.charts.errors import ValuesInvalid


def _kinds(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _kinds(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_kinds(v) for v in value]
    return kind_of(value)


def readings(case: dict[str, Any]) -> tuple[Any, Any]:
    """Return our readings and the recorded ones."""
    functions = {name: call for name, _, call in TABLE}
    text = case["yaml"]
    got: dict[str, Any] = {}
    value = functions["fromYaml"](text)
    got["fromYaml_json"] = json.loads(to_json(value))
    got["fromYamlArray_json"] = json.loads(to_json(functions["fromYamlArray"](text)))
    wanted: dict[str, Any] = {k: json.loads(case[k]) for k in got}
    try:
        values = merge_layers([text])
        got["values"] = json.loads(to_json(values))
        got["kinds"] = _kinds(values)
    except ValuesInvalid as error:
        got["error"] = str(error)
    if "values_error" in case:
        wanted["error"] = (
            case["values_error"].partition(": ")[2].strip()
            if case["values_error"].startswith("Error: ")
            else case["values_error"]
        )
        if "error" in got and wanted["error"].endswith(got["error"]):
            wanted["error"] = got["error"]
    else:
        wanted["values"] = json.loads(case["values_json"])
        wanted["kinds"] = json.loads(case["values_kinds"])
    return got, wanted
