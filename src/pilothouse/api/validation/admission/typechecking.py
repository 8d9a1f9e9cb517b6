"""Type checking of ValidatingAdmissionPolicies: their expressions against the kinds they name, as warnings in their status.

Evaluation is dynamically typed, so a field that no kind has is found only when a request comes; here it is found when the policy
is written. Only rules without wildcards name kinds. Source: the policy status controller of Kubernetes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pilothouse.api.cel import DYN, STRING, CompileError, Environment, Type
from pilothouse.api.cel.schema import escape, measure
from pilothouse.api.cel.types import Field, list_of, map_of, object_type
from pilothouse.api.schema.node import Schema
from pilothouse.api.scheme import Resource, Scheme
from pilothouse.api.validation.admission.conditions import environment
from pilothouse.api.validation.checks import Obj

MAX_KINDS = 10
"""Kinds of one rule that are checked."""
_SCALARS = frozenset(("string", "integer", "number", "boolean"))


class _Fields(Mapping[str, Field]):
    """The fields of a schema, made when asked for: kinds may contain themselves."""

    def __init__(self, schema: Schema) -> None:
        self._keys = {known: key for key in schema.properties if (known := escape(key)) is not None}
        self._schema = schema
        self._made: dict[str, Field] = {}

    def __getitem__(self, name: str) -> Field:
        found = self._made.get(name)
        if found is None:
            key = self._keys[name]
            found = self._made[name] = Field(type_of_schema(self._schema.properties[key], key), key)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def type_of_schema(schema: Schema, name: str) -> Type:
    """Return the type of the values of a schema; what it leaves open can be anything."""
    if schema.int_or_string or schema.preserve_unknown or schema.embedded:
        return DYN
    if schema.properties:
        return object_type(schema.name or name, _Fields(schema))
    if schema.additional is not None:
        return map_of(STRING, type_of_schema(schema.additional, f"{name}.value"))
    if schema.type == "array" and schema.items is not None:
        return list_of(type_of_schema(schema.items, f"{name}.item"))
    if schema.type in _SCALARS and schema.format != "quantity":
        found = measure({"type": schema.type, "format": schema.format}, name, is_resource=False)
        return DYN if found is None else found[0]
    return DYN


def kinds_of(policy: Obj, scheme: Scheme) -> list[Resource]:
    """Return the kinds that the rules of a policy name, in order of group, version and kind."""
    found: dict[tuple[str, str, str], Resource] = {}
    for rule in (policy["spec"].get("matchConstraints") or {}).get("resourceRules") or ():
        groups, versions, resources = ([*(rule.get(key) or ())] for key in ("apiGroups", "apiVersions", "resources"))
        if any("*" in word for word in (*groups, *versions)):
            continue
        places = [
            (group, version, plural) for group in sorted(groups) for version in sorted(versions) for plural in sorted(resources)
        ]
        named = [scheme.resource(*place) for place in places if not {"*", "/"} & set(place[2])]
        for resource in [resource for resource in named if resource is not None][:MAX_KINDS]:
            found[(resource.group, resource.version, resource.kind)] = resource
    return [found[key] for key in sorted(found)]


def check_types(policy: Obj, scheme: Scheme) -> list[Obj]:
    """Return the `expressionWarnings` of a policy."""
    spec = policy["spec"]
    environments = [(resource, _environment(spec, scheme, resource)) for resource in kinds_of(policy, scheme)]
    out: list[Obj] = []
    for index, validation in enumerate(spec.get("validations") or ()):
        for field in ("expression", "messageExpression"):
            text = validation.get(field)
            problems = [_problem(resource, found, text) for resource, found in environments] if text else []
            stated = [problem for problem in problems if problem]
            if stated:
                out.append({"fieldRef": f"spec.validations[{index}].{field}", "warning": "\n".join(stated)})
    return out


def _environment(spec: Obj, scheme: Scheme, resource: Resource) -> Environment:
    kind = type_of_schema(resource.schema, resource.kind)
    names: dict[str, Type] = {"object": kind, "oldObject": kind, "namespaceObject": DYN}
    stated = spec.get("paramKind")
    if stated:
        params = scheme.kind(stated["apiVersion"], stated["kind"])
        names["params"] = DYN if params is None else type_of_schema(params.schema, params.kind)
    variables: dict[str, Field] = {}
    found = environment().extended({**names, "variables": object_type("kubernetes.variables", variables)})
    for variable in spec.get("variables") or ():
        try:
            result = found.compile(variable["expression"]).result
        except CompileError:
            result = DYN
        variables[variable["name"]] = Field(result, variable["name"])
    return found


def _problem(resource: Resource, found: Environment, text: str) -> str:
    try:
        found.compile(text)
    except CompileError as error:
        return f"{resource.group}/{resource.version}, Kind={resource.kind}: {error}\n"
    return ""
