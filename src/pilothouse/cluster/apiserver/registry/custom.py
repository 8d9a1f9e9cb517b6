"""Validation of custom objects: their schema first, then the rules it states; and warnings about their definitions.

Called by every write of a custom resource. Rules that unchanged parts break become warnings of the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pilothouse.api.findings import FieldError
from pilothouse.api.schema.values import validate_object
from pilothouse.api.validation.definitions import definition_warnings
from pilothouse.cluster.apiserver.context import Call, Obj

if TYPE_CHECKING:
    from pilothouse.api.schema.rules.tree import Rules


def warn_of_definition(call: Call, obj: Obj) -> None:
    """Warn of what a definition states in vain."""
    for warning in definition_warnings(obj):
        call.warn(warning)


def validate_custom(call: Call, obj: Obj, old: Obj | None = None) -> list[FieldError]:
    """Return what is wrong with a custom object, besides its metadata."""
    schema = call.resource.schema
    rules: Rules | None = schema.rules
    findings = validate_object(schema, obj, old)
    if rules is None:
        return findings
    broken, warnings = rules.check(obj, old, findings)
    for warning in warnings:
        call.warn(warning)
    return findings + broken
