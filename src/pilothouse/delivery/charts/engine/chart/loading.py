"""Build a chart from its files: Chart.yaml, values, templates and the charts below `charts/`.

Called by the adapters (folders, archives) and directly with a mapping of paths to bytes. Pure; archives inside `charts/` are
opened by a function the caller passes in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pilothouse.delivery.charts.engine.execution.faults import FunctionError
from pilothouse.delivery.charts.engine.functions.convert import strval
from pilothouse.delivery.charts.engine.functions.markup import read_as, yaml_error
from pilothouse.delivery.charts.engine.functions.semver import parse_version
from pilothouse.delivery.charts.engine.merging.strvals import merge_maps
from pilothouse.delivery.charts.engine.values.quote import go_quote
from pilothouse.delivery.charts.engine.yaml.reader import YamlError, read_yaml
from pilothouse.delivery.charts.errors import ChartInvalid, ValuesInvalid
from pilothouse.delivery.charts.types import Chart, ChartFile

Unpack = Callable[[bytes], Mapping[str, bytes]]
MAX_DEPTH = 20
_TEXT_FIELDS = frozenset(
    ("name", "home", "version", "description", "icon", "apiVersion", "condition", "tags", "appVersion", "kubeVersion",
     "type")
)  # fmt: skip
_ALIAS = re.compile(r"[a-zA-Z0-9_-]+")
_BOM = b"\xef\xbb\xbf"


def decode(data: bytes) -> str:
    """Return file content as text, bytes that are not UTF-8 kept as escapes, a byte order mark dropped."""
    return data.removeprefix(_BOM).decode("utf-8", "surrogateescape")


def yaml_text(data: bytes) -> str:
    """Return YAML content as text; raises YamlError when it is not UTF-8."""
    try:
        return data.removeprefix(_BOM).decode()
    except UnicodeDecodeError:
        raise YamlError("yaml: invalid leading UTF-8 octet") from None


def read_metadata(data: bytes) -> dict[str, Any]:
    """Read Chart.yaml; numbers in text fields become text. Raises ChartInvalid."""
    try:
        value = read_yaml(yaml_text(data))
    except YamlError as error:
        raise ChartInvalid(f"cannot load Chart.yaml: {yaml_error(error)}") from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ChartInvalid(
            "cannot load Chart.yaml: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
            f"{_json_kind(value)} into Go value of type v2.Metadata"
        )
    for key in _TEXT_FIELDS & value.keys():
        if isinstance(value[key], (dict, list)):
            raise ChartInvalid(
                "cannot load Chart.yaml: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
                f"{_json_kind(value[key])} into Go struct field Metadata.{key} of type string"
            )
        if value[key] is not None:
            value[key] = plain_text(value[key])
    _check_shapes(value)
    return value


_SHAPES: dict[str, tuple[type, str]] = {
    "annotations": (dict, "map[string]string"),
    "sources": (list, "[]string"),
    "keywords": (list, "[]string"),
    "maintainers": (list, "[]*v2.Maintainer"),
    "dependencies": (list, "[]*v2.Dependency"),
    "deprecated": (bool, "bool"),
}


def _misfit(value: Any, place: str, go_type: str) -> ChartInvalid:
    return ChartInvalid(
        "cannot load Chart.yaml: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
        f"{_json_kind(value)} into Go struct field {place} of type {go_type}"
    )


def _check_shapes(metadata: dict[str, Any]) -> None:
    for key, (shape, go_type) in _SHAPES.items():
        value = metadata.get(key)
        if value is not None and not isinstance(value, shape):
            raise _misfit(value, f"Metadata.{key}", go_type)
    for key in ("sources", "keywords"):
        bad = next((v for v in metadata.get(key) or [] if isinstance(v, (dict, list))), None)
        if bad is not None:
            raise _misfit(bad, f"Metadata.{key}", "string")
    for key, value in (metadata.get("annotations") or {}).items():
        if isinstance(value, (dict, list)):
            raise _misfit(value, f"Metadata.annotations.{key}", "string")
    _check_members(metadata)


def _check_members(metadata: dict[str, Any]) -> None:
    for key, go_type in (("maintainers", "v2.Maintainer"), ("dependencies", "v2.Dependency")):
        for item in metadata.get(key) or []:
            if item is not None and not isinstance(item, dict):
                raise _misfit(item, f"Metadata.{key}", go_type)
    for item in metadata.get("dependencies") or []:
        for key, go_type in (("tags", "[]string"), ("import-values", "[]interface {}")):
            value = (item or {}).get(key)
            if value is not None and not isinstance(value, list):
                raise _misfit(value, f"Dependency.dependencies.{key}", go_type)
        bad = next((t for t in (item or {}).get("tags") or [] if isinstance(t, (dict, list))), None)
        if bad is not None:
            raise _misfit(bad, "Dependency.dependencies.tags", "string")


def plain_text(value: Any) -> str:
    """Return a scalar of Chart.yaml as text; whole numbers never get an exponent."""
    if isinstance(value, float) and value == int(value) and abs(value) < 1e18:
        return str(int(value))
    return strval(value)


def _json_kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    names: dict[type, str] = {dict: "object", list: "array", str: "string"}
    return names.get(type(value), "number")


def read_values(data: bytes, *, exact: bool = False) -> dict[str, Any]:
    """Read a values file (several documents are merged in order), `exact` with int64 numbers; raises ValuesInvalid."""
    out: dict[str, Any] = {}
    try:
        text = yaml_text(data)
        parts = _documents(text) if "---" in text else [text]
        for part in parts:
            out = merge_maps(out, read_as(part, dict, "map[string]interface {}", exact=exact))
    except YamlError as error:
        raise ValuesInvalid(f"cannot unmarshal yaml document: {yaml_error(error)}") from None
    return out


def _documents(text: str) -> list[str]:
    """Split at lines of `---`; one that opens the text stays in it, so that line numbers stay right."""
    out: list[list[str]] = [[]]
    for line in text.splitlines(keepends=True):
        if line.startswith("---") and not line[3:].strip() and out[-1]:
            out.append([])
        else:
            out[-1].append(line)
    return ["".join(lines) for lines in out if lines]


def validate(metadata: dict[str, Any]) -> None:
    """Raise ChartInvalid when Chart.yaml lacks or misuses a field."""
    problem = ""
    name, version = metadata.get("name") or "", metadata.get("version") or ""
    if not metadata.get("apiVersion"):
        problem = "chart.metadata.apiVersion is required"
    elif not name:
        problem = "chart.metadata.name is required"
    elif "/" in name or name in (".", ".."):
        problem = f"chart.metadata.name {go_quote(name)} is invalid"
    elif not version:
        problem = "chart.metadata.version is required"
    elif not _is_version(version):
        problem = f"chart.metadata.version {go_quote(version)} is invalid"
    elif metadata.get("type") not in (None, "", "application", "library"):
        problem = "chart.metadata.type must be application or library"
    else:
        problem = _dependency_problem(metadata)
    if problem:
        raise ChartInvalid(f"validation: {problem}")


def _is_version(text: str) -> bool:
    try:
        parse_version(text)
    except FunctionError:
        return False
    return True


def _dependency_problem(metadata: dict[str, Any]) -> str:
    seen: set[str] = set()
    for item in metadata.get("dependencies") or []:
        if not isinstance(item, dict):
            return "dependencies must not contain empty or null nodes"
        alias, name = strval(item.get("alias") or ""), strval(item.get("name") or "")
        if alias and not _ALIAS.fullmatch(alias):
            return f"dependency {go_quote(name)} has disallowed characters in the alias"
        key = alias or name
        if key in seen:
            return f"more than one dependency with name or alias {go_quote(key)}"
        seen.add(key)
    return ""


def _requirements(files: Mapping[str, bytes], metadata: dict[str, Any]) -> None:
    if "requirements.yaml" in files and metadata.get("apiVersion") == "v1":
        try:
            found = read_as(yaml_text(files["requirements.yaml"]), dict, "v2.Metadata")
        except YamlError as error:
            raise ChartInvalid(f"cannot load requirements.yaml: {error}") from None
        metadata.setdefault("dependencies", found.get("dependencies") or [])


def _groups(files: Mapping[str, bytes]) -> dict[str, dict[str, bytes]]:
    """Return the files below `charts/` by folder or archive name."""
    groups: dict[str, dict[str, bytes]] = {}
    for path, data in files.items():
        if path.startswith("charts/"):
            first, _, rest = path.removeprefix("charts/").partition("/")
            if first[:1] not in ("_", "."):
                groups.setdefault(first, {})[rest] = data
    return groups


def _subcharts(files: Mapping[str, bytes], chart: str, unpack: Unpack | None, depth: int) -> tuple[Chart, ...]:
    groups = _groups(files)
    out: list[Chart] = []
    for name in sorted(groups):
        group = groups[name]
        if name.endswith(".tgz") and "" in group:
            if unpack is None:
                raise ChartInvalid(f"error unpacking subchart tar in {chart}: archives are not supported here")
            try:
                group = dict(unpack(group[""]))
            except ChartInvalid as error:
                raise ChartInvalid(f"error unpacking subchart {name} in {chart}: {error}") from None
        elif "Chart.yaml" not in group:
            if "" in group:
                continue
            raise ChartInvalid(f"error unpacking subchart {name} in {chart}: Chart.yaml file is missing")
        try:
            out.append(chart_from_files(group, unpack, depth + 1))
        except ChartInvalid as error:
            raise ChartInvalid(f"error unpacking subchart {name} in {chart}: {error}") from None
    return tuple(out)


def chart_from_files(files: Mapping[str, bytes], unpack: Unpack | None = None, depth: int = 0) -> Chart:
    """Build a chart from paths (relative to its folder) and contents; raises ChartInvalid."""
    if depth > MAX_DEPTH:
        raise ChartInvalid(f"charts are nested deeper than {MAX_DEPTH} levels")
    if "Chart.yaml" not in files:
        raise ChartInvalid("Chart.yaml file is missing")
    metadata = read_metadata(files["Chart.yaml"])
    metadata["apiVersion"] = metadata.get("apiVersion") or "v1"
    if metadata["apiVersion"] not in ("v1", "v2"):
        raise ChartInvalid("unsupported chart version")
    values: dict[str, Any] = {}
    if "values.yaml" in files:
        try:
            values = read_values(files["values.yaml"])
        except ValuesInvalid as error:
            raise ChartInvalid(f"cannot load values.yaml: {error}") from None
    _requirements(files, metadata)
    validate(metadata)
    special = {"Chart.yaml", "Chart.lock", "values.yaml", "values.schema.json"}
    templates, others = [], []
    for path in files:
        if path.startswith("templates/"):
            templates.append(ChartFile(path, files[path].removeprefix(_BOM)))
        elif not path.startswith("charts/") and path not in special:
            others.append(ChartFile(path, files[path]))
    return Chart(
        metadata=metadata,
        values=values,
        templates=tuple(templates),
        files=tuple(others),
        raw=tuple(ChartFile(path, data) for path, data in files.items()),
        schema=files.get("values.schema.json"),
        dependencies=_subcharts(files, strval(metadata.get("name") or ""), unpack, depth),
    )


def missing_dependencies(chart: Chart) -> list[str]:
    """Return the names in Chart.yaml that have no chart below `charts/`."""
    present = {child.name for child in chart.dependencies}
    wanted = [d.get("name") for d in chart.metadata.get("dependencies") or [] if isinstance(d, dict)]
    return [str(name) for name in wanted if name not in present]


def check_dependencies(chart: Chart) -> None:
    """Raise ChartInvalid when Chart.yaml names charts that are not below `charts/`."""
    missing = missing_dependencies(chart)
    if missing:
        raise ChartInvalid(
            "an error occurred while checking for chart dependencies. You may need to run `helm dependency build` to "
            f"fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: {', '.join(missing)}"
        )
