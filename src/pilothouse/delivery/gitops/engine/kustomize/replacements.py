"""`replacements` (a value of one resource put into others) and the older `vars`."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

import yaml

from pilothouse.delivery.gitops.engine.kustomize.errors import KustomizationInvalid
from pilothouse.delivery.gitops.engine.kustomize.patches import is_selected, read_selector, schema_of
from pilothouse.delivery.gitops.engine.kustomize.resources import Resources

_PART = re.compile(r"((?:[^.\\\[]|\\.|\[[^\]]*\])+)")
_MATCH = re.compile(r"^\[([^=\]]*)=(.*)\]$")
_VAR = re.compile(r"\$(?:\$|\(([^()$]+)\))")
_TEXTS = ("metadata.annotations", "metadata.labels")


def path_of(text: str) -> list[str]:
    """Return the parts of a field path: dots separate, `\\.` is one, brackets hold what they want."""
    return [part.replace("\\.", ".") for part in _PART.findall(text)]


def replace(resources: Resources, raw: Any) -> None:
    """Carry out one replacement; raises `KustomizationInvalid`."""
    if not isinstance(raw, dict) or not raw.get("targets"):
        raise KustomizationInvalid("a replacement needs source and targets")
    if raw.get("sourceValue") is not None:
        value: Any = str(raw["sourceValue"])
    else:
        value = _source_value(resources, raw.get("source"))
    for target in raw["targets"]:
        _put_all(resources, target, value)


def _source_value(resources: Resources, source: Any) -> Any:
    if not isinstance(source, dict):
        raise KustomizationInvalid("a replacement needs a source")
    wanted = read_selector({key: source[key] for key in ("group", "version", "kind", "name", "namespace") if source.get(key)})
    found = [res for res in resources if is_selected(wanted, res)]
    if len(found) != 1:
        problem = "nothing is" if not found else "multiple are"
        raise KustomizationInvalid(f"{problem} selected by the source {wanted.kind} {wanted.name} of a replacement")
    path = str(source.get("fieldPath") or "metadata.name")
    places = list(_places(found[0].tree, path_of(path), creates=False))
    if not places:
        raise KustomizationInvalid(f"fieldPath `{path}` is missing for replacement source {found[0].id}")
    parent, key = places[0]
    return _piece(parent[key], source.get("options") or {})


def _piece(value: Any, options: dict[str, Any]) -> Any:
    delimiter = options.get("delimiter")
    if not delimiter:
        return value
    parts, index = str(value).split(str(delimiter)), int(options.get("index") or 0)
    if not 0 <= index < len(parts):
        raise KustomizationInvalid(f"options.index {index} is out of bounds for value {value}")
    return parts[index]


def _put_all(resources: Resources, target: Any, value: Any) -> None:
    if not isinstance(target, dict) or not isinstance(target.get("select"), dict):
        raise KustomizationInvalid("a replacement's target needs select")
    select = read_selector(target["select"])
    rejects = [read_selector(each) for each in target.get("reject") or ()]
    options = target.get("options") or {}
    for res in resources:
        if not is_selected(select, res) or any(is_selected(each, res) for each in rejects):
            continue
        for path in target.get("fieldPaths") or ("metadata.name",):
            res.remember()
            places = list(_places(res.tree, path_of(str(path)), creates=bool(options.get("create"))))
            if not places and not options.get("create"):
                raise KustomizationInvalid(f"unable to find field {str(path)!r} in replacement target {res.id}")
            for parent, key in places:
                old = parent[key] if _has(parent, key) else None
                parent[key] = _typed(
                    _combined(old, value, options), old, is_text=str(path).startswith(_TEXTS) and schema_of(res) is not None
                )


def _has(parent: Any, key: Any) -> bool:
    return key in parent if isinstance(parent, dict) else True


def _typed(value: Any, old: Any, *, is_text: bool) -> Any:
    """Return a scalar as what it replaces is written: a text stays one, what is new is read as YAML reads it."""
    if isinstance(value, dict | list) or (isinstance(old, dict | list) and old):
        return value
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(old, str) or is_text:
        return text
    return yaml.safe_load(text) if re.fullmatch(r"-?[0-9.]+|true|false|null", text) else text


def _combined(old: Any, value: Any, options: dict[str, Any]) -> Any:
    if options.get("encoding") == "base64":
        value = base64.b64encode(str(value).encode()).decode()
    delimiter = options.get("delimiter")
    if not delimiter:
        return value
    parts, index = str(old if old is not None else "").split(str(delimiter)), int(options.get("index") or 0)
    if index < 0:
        parts = [str(value), *parts]
    elif index >= len(parts):
        parts = [*parts, str(value)]
    else:
        parts[index] = str(value)
    return str(delimiter).join(parts)


def _places(node: Any, path: list[str], *, creates: bool) -> Iterator[tuple[Any, Any]]:
    """Yield the containers and keys a path leads to."""
    part, rest = path[0], path[1:]
    for parent, key in _steps(node, part, creates=creates, is_last=not rest, following=rest[0] if rest else ""):
        if not rest:
            yield parent, key
        else:
            yield from _places(parent[key], rest, creates=creates)


def _steps(node: Any, part: str, *, creates: bool, is_last: bool, following: str) -> Iterator[tuple[Any, Any]]:
    if isinstance(node, list):
        yield from ((node, index) for index in _indexes(node, part))
    elif isinstance(node, dict):
        match = _MATCH.match(part)
        key = part[1:-1] if part.startswith("[") and part.endswith("]") and not match else part
        if key == "*":
            yield from ((node, each) for each in list(node))
        elif key in node:
            yield node, key
        elif creates and not match:
            if not is_last:
                node[key] = [] if _MATCH.match(following) else {}
            yield node, key


def _indexes(node: list[Any], part: str) -> list[int]:
    """Return which items of a list a part of a path means: `[name=x]`, `*` or a number."""
    match = _MATCH.match(part)
    if match:
        name, wanted = match[1], match[2]
        values = [str(item.get(name)) if isinstance(item, dict) and name else str(item) for item in node]
        return [index for index, value in enumerate(values) if value == wanted]
    if part == "*":
        return list(range(len(node)))
    return [int(part)] if part.lstrip("-").isdigit() and -1 <= int(part) < len(node) else []


def resolve_vars(resources: Resources, variables: list[Any]) -> None:
    """Put the values of `vars` where `$(NAME)` is written in commands, arguments, environments and annotations."""
    values: dict[str, str] = {}
    for raw in variables:
        if not isinstance(raw, dict) or not raw.get("name") or not isinstance(raw.get("objref"), dict):
            raise KustomizationInvalid("a var needs name and objref")
        reference = raw["objref"]
        kind, name = reference.get("kind"), reference.get("name")
        found = [res for res in resources if res.kind == kind and any(each.name == name for each in res.ids)]
        if len(found) != 1:
            raise KustomizationInvalid(f"var '{raw['name']}' cannot be mapped to a field in the set of known resources")
        path = str(
            (raw.get("fieldref") or {}).get("fieldpath") or (raw.get("fieldref") or {}).get("fieldPath") or "metadata.name"
        )
        places = list(_places(found[0].tree, path_of(path), creates=False))
        if not places:
            raise KustomizationInvalid(f"field specified in var '{raw['name']}' is not there: {path}")
        values[str(raw["name"])] = str(places[0][0][places[0][1]])
    for res in resources:
        _expand_in(res.tree, values, "")


_EXPANDED = ("command", "args", "value", "annotations", "host", "path", "mountPath", "subPath")


def _expand_in(node: Any, values: dict[str, str], key: str) -> None:
    items: Any = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, value in list(items):
        inner = str(name) if isinstance(node, dict) and key != "annotations" else key
        if isinstance(value, str) and inner in _EXPANDED:
            node[name] = _VAR.sub(lambda m: "$" if m[0] == "$$" else values.get(m[1], m[0]), value) if "$(" in value else value
        else:
            _expand_in(value, values, inner)
