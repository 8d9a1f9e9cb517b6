"""Fields of custom kinds that hold a known type are compared in the canonical form of that type."""

from __future__ import annotations

import copy
from typing import Any

from pilothouse.api.meta import Tree, group_of
from pilothouse.api.quantity import canonical as canonical_quantity
from pilothouse.api.schema.decode import DecodeError, decode
from pilothouse.delivery.gitops.engine.diff.kinds import builtin_kinds
from pilothouse.delivery.gitops.types.application import seconds
from pilothouse.kit.errors import Invalid

_POD_SPEC = "core/v1/PodSpec"
BUILT_IN: dict[str, list[dict[str, str]]] = {
    "argoproj.io/Rollout": [{"type": _POD_SPEC, "field": "spec.template.spec"}],
    "argoproj.io/Workflow": [{"type": "core/v1/Container", "field": "spec.templates.container"}],
    "apps.kruise.io/CloneSet": [{"type": _POD_SPEC, "field": "spec.template.spec"}],
    "apps.openshift.io/DeploymentConfig": [{"type": _POD_SPEC, "field": "spec.template.spec"}],
    "serving.knative.dev/Service": [{"type": _POD_SPEC, "field": "spec.template.spec"}],
}
"""Fields of well-known custom kinds, by `group/Kind`."""


class UnknownType(Invalid):
    """A rule names a type that is not known."""

    reason = "UnknownType"


def with_known_types(tree: Tree, fields: list[dict[str, str]]) -> Tree:
    """Return an object with the named fields in canonical form; raises `UnknownType`."""
    body = copy.deepcopy(tree)
    for entry in fields:
        _check(entry["type"])
        _visit(body, entry["field"].strip(".").split("."), entry["type"])
    return body


def known_fields(tree: Tree) -> list[dict[str, str]]:
    """Return the fields of an object's kind that are known without being told."""
    return BUILT_IN.get(f"{group_of(str(tree.get('apiVersion', '')))}/{tree.get('kind')}", [])


def _check(name: str) -> None:
    if name in _SIMPLE:
        return
    try:
        builtin_kinds().definitions.node(_definition(name))
    except KeyError as error:
        raise UnknownType(f"unknown type {name!r}", fix="write group/version/Kind, such as core/v1/Container") from error


def _definition(name: str) -> str:
    group, _, rest = name.partition("/")
    return f"io.k8s.api.{group.removesuffix('.k8s.io')}.{rest.replace('/', '.')}"


def _visit(value: Any, path: list[str], name: str) -> None:
    if isinstance(value, list):
        for item in value:
            _visit(item, path, name)
    elif isinstance(value, dict) and path[0] in value:
        if len(path) > 1:
            _visit(value[path[0]], path[1:], name)
        else:
            found = value[path[0]]
            value[path[0]] = [_canonical(item, name) for item in found] if isinstance(found, list) else _canonical(found, name)


def _canonical(value: Any, name: str) -> Any:
    simple = _SIMPLE.get(name)
    try:
        if simple is not None:
            return simple(value)
        return _only_given(decode(builtin_kinds().definitions.node(_definition(name)), value)[0], value)
    except (DecodeError, ValueError, TypeError, AttributeError):
        return value


def _only_given(decoded: Any, given: Any) -> Any:
    """Leave out what the canonical form adds."""
    if isinstance(decoded, dict) and isinstance(given, dict):
        return {key: _only_given(value, given[key]) for key, value in decoded.items() if key in given}
    if isinstance(decoded, list) and isinstance(given, list) and len(decoded) == len(given):
        return [_only_given(left, right) for left, right in zip(decoded, given, strict=True)]
    return decoded


def _quantity(value: Any) -> Any:
    return canonical_quantity(str(value))


def _resource_list(value: Any) -> Any:
    return {key: _quantity(each) for key, each in value.items()}


def _duration(value: Any) -> Any:
    """Return a duration as Go writes it: `8760h0m0s`, `1m30s`, `2s`."""
    total = seconds(value, -1.0) if isinstance(value, str) else -1.0
    if total < 0:
        return value
    hours, rest = divmod(int(total), 3600)
    minutes, whole = divmod(rest, 60)
    shown = f"{whole + total % 1:g}s"
    return f"{hours}h{minutes}m{shown}" if hours else f"{minutes}m{shown}" if minutes else shown


_SIMPLE = {
    "core/Quantity": _quantity, "core/v1/Quantity": _quantity, "core/v1/ResourceList": _resource_list,
    "meta/v1/Duration": _duration,
}  # fmt: skip
