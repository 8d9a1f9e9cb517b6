"""From the value of a mutation's expression to a changed object: a fragment laid over it, or a JSON patch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pilothouse.api.patch.fragment import FragmentRefused, merge_fragment
from pilothouse.api.patch.json import TestFailed, apply_json_patch
from pilothouse.api.schema.strict import strict_findings
from pilothouse.cluster.apiserver.admission.dynamic.policies.evaluation import Evaluation
from pilothouse.cluster.apiserver.context import Obj
from pilothouse.cluster.apiserver.errors import internal
from pilothouse.kit.errors import PilothouseError

if TYPE_CHECKING:
    from pilothouse.api.schema.node import Schema

APPLY_CONFIGURATION = "ApplyConfiguration"


class PatchImpossible(Exception):
    """A mutation has no value, or its value cannot be applied; the message says why."""


def patched(evaluation: Evaluation, mutation: Obj, obj: Obj, schema: Schema | None) -> Obj:
    """Return the object after one mutation; raises `PatchImpossible`, 500 for unknown fields."""
    kind = mutation["patchType"]
    is_apply = kind == APPLY_CONFIGURATION
    expression = mutation["applyConfiguration" if is_apply else "jsonPatch"]["expression"]
    outcome = evaluation.run(evaluation.expressions.mutation(kind, expression))
    if outcome.error:
        raise PatchImpossible(f"expression '{expression.strip()}' resulted in error: {outcome.error}")
    return _applied(outcome.value, obj, schema) if is_apply else _json_patched(outcome.value, obj, schema)


def _applied(value: Any, obj: Obj, schema: Schema | None) -> Obj:
    fragment = _plain(value)
    for field in ("apiVersion", "kind"):
        if field in obj:
            fragment[field] = obj[field]
    try:
        return merge_fragment(obj, fragment, schema)
    except FragmentRefused as error:
        raise PatchImpossible(f"error applying patch: {error.message}") from None


def _json_patched(value: list[Any], obj: Obj, schema: Schema | None) -> Obj:
    try:
        result = apply_json_patch(obj, [_plain(operation) for operation in value])
    except TestFailed:
        return obj  # a patch whose test does not hold is not meant for this object
    except PilothouseError as error:
        raise PatchImpossible(f"JSONPath: {error.message}") from None
    if not isinstance(result, dict):
        raise PatchImpossible("JSONPath: the patched object is no object")
    if schema is not None and schema.name:  # a built-in kind, which has no fields but those it names
        unknown = [finding for finding in strict_findings(schema, result) if finding.startswith("unknown")]
        if unknown:
            raise internal(f"strict decoding error: {', '.join(unknown)}")
    return result


def _plain(value: Any) -> Any:
    from pilothouse.api.cel.library.mutation import misnamed, plain
    from pilothouse.api.cel.values import EvalError

    stated = value.get("value") if getattr(value, "type_name", "") == "JSONPatch" else value
    problems = misnamed(stated)
    if problems:
        raise PatchImpossible("type mismatch: " + "\n".join(problems))
    try:
        return plain(value)
    except EvalError as error:
        raise PatchImpossible(str(error)) from None
