"""Helm's YAML and TOML functions."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from pilothouse.delivery.charts.engine.execution.faults import FunctionError
from pilothouse.delivery.charts.engine.functions.markup.toml import write_toml
from pilothouse.delivery.charts.engine.yaml.reader import YamlError, json_compatible, read_yaml
from pilothouse.delivery.charts.engine.yaml.writer import must_to_yaml, to_yaml, to_yaml_pretty


def yaml_error(error: YamlError) -> str:
    """Word a YAML error as Helm's library does."""
    text = str(error)
    return text if text.startswith("error ") else f"error converting YAML to JSON: {text}"


def read_as(text: str, wanted: type, go_type: str, *, exact: bool = False) -> Any:
    """Read YAML that must be a map or a list, `exact` with int64 numbers; raises YamlError with Helm's full message."""
    try:
        value = read_yaml(text, exact=exact)
        json_compatible(value)
    except YamlError as error:
        raise YamlError(yaml_error(error)) from None
    if value is None:
        return wanted()
    if not isinstance(value, wanted):
        kinds = {dict: "object", list: "array", str: "string", bool: "bool"}
        kind = kinds.get(type(value), "number")
        raise YamlError(
            f"error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} into Go value of type {go_type}"
        )
    return value


def _from_yaml(text: str) -> dict[str, Any]:
    try:
        return dict(read_as(text, dict, "map[string]interface {}"))
    except YamlError as error:
        return {"Error": str(error)}


def _from_yaml_array(text: str) -> list[Any]:
    try:
        return list(read_as(text, list, "[]interface {}"))
    except YamlError as error:
        return [str(error)]


def _from_toml(text: str) -> dict[str, Any]:
    import tomllib

    try:
        return _toml_value(tomllib.loads(text))  # type: ignore[no-any-return]
    except tomllib.TOMLDecodeError as error:
        return {"Error": f"toml: {_toml_problem(str(error), text)}"}


def _toml_problem(problem: str, text: str) -> str:
    """Word a TOML error with its line first, as Helm's library does."""
    if problem.startswith("Expected '=' after a key") and problem.endswith("(at end of document)"):
        return f"line {text.count(chr(10)) + 1}: unexpected EOF; expected key separator '='"
    place = re.search(r" \(at line (\d+), column \d+\)$", problem)
    return f"line {place[1]}: {problem[: place.start()]}" if place else problem


def _toml_value(value: Any) -> Any:
    from pilothouse.delivery.charts.engine.values.kinds import Int64

    if isinstance(value, dict):
        return {k: _toml_value(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_toml_value(v) for v in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return Int64(value)
    if isinstance(value, (str, bool, float)):
        return value
    return value.isoformat().replace("+00:00", "Z") + ("T00:00:00Z" if type(value) is date else "")


def _to_toml(value: Any) -> str:
    try:
        return write_toml(value)
    except FunctionError as error:
        return str(error)


TABLE = (
    ("toYaml", "any -> string", to_yaml),
    ("mustToYaml", "any -> string", must_to_yaml),
    ("toYamlPretty", "any -> string", to_yaml_pretty),
    ("fromYaml", "string -> map", _from_yaml),
    ("fromYamlArray", "string -> list", _from_yaml_array),
    ("toToml", "any -> string", _to_toml),
    ("fromToml", "string -> map", _from_toml),
)
