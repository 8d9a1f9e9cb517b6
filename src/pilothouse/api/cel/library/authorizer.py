"""Asking whether a user may do something: `authorizer.group("apps").resource("deployments").check("create").allowed()`.

The answer comes from outside: the caller declares a variable of type `AUTHORIZER` and binds it to `authorizer(decide)`.
Source: Kubernetes CEL library authz.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from pilothouse.api.cel.functions import Row
from pilothouse.api.cel.values import Opaque

_PREFIX = "kubernetes.authorization."
AUTHORIZER = _PREFIX + "Authorizer"
_PATH, _GROUP, _RESOURCE, _DECISION = (_PREFIX + name for name in ("PathCheck", "GroupCheck", "ResourceCheck", "Decision"))


class Question(msgspec.Struct, frozen=True):
    """What is asked about; a path, or a resource with its parts."""

    path: str = ""
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    field_selector: str = ""
    label_selector: str = ""
    service_account: str = ""
    """`namespace/name` when asked for another identity than that of the request."""
    verb: str = ""


class Decision(msgspec.Struct, frozen=True):
    """The answer."""

    is_allowed: bool
    reason: str = ""
    error: str = ""


Decide = Callable[[Question], Decision]


def authorizer(decide: Decide) -> Opaque:
    """Return the value of an authorizer variable."""
    return Opaque(AUTHORIZER, (decide, Question()))


def _with(kind: str, field: str) -> Callable[[Opaque, Any], Opaque]:
    def run(found: Opaque, value: Any) -> Opaque:
        decide, question = found.data
        return Opaque(kind, (decide, msgspec.structs.replace(question, **{field: value})))

    return run


def _account(found: Opaque, namespace: str, name: str) -> Opaque:
    decide, question = found.data
    return Opaque(AUTHORIZER, (decide, msgspec.structs.replace(question, service_account=f"{namespace}/{name}")))


def _check(found: Opaque, verb: str) -> Opaque:
    decide, question = found.data
    return Opaque(_DECISION, decide(msgspec.structs.replace(question, verb=verb)))


ROWS: list[Row] = [
    ("serviceAccount", f"{AUTHORIZER}.(string, string) {AUTHORIZER}", _account),
    ("path", f"{AUTHORIZER}.(string) {_PATH}", _with(_PATH, "path")),
    ("group", f"{AUTHORIZER}.(string) {_GROUP}", _with(_GROUP, "group")),
    ("resource", f"{_GROUP}.(string) {_RESOURCE}", _with(_RESOURCE, "resource")),
    *((name, f"{_RESOURCE}.(string) {_RESOURCE}", _with(_RESOURCE, field)) for name, field in (
        ("subresource", "subresource"), ("namespace", "namespace"), ("name", "name"),
        ("fieldSelector", "field_selector"), ("labelSelector", "label_selector"),
    )),
    ("check", f"{_PATH}.(string) {_DECISION}", _check),
    ("check", f"{_RESOURCE}.(string) {_DECISION}", _check),
    ("allowed", f"{_DECISION}.() bool", lambda found: found.data.is_allowed),
    ("reason", f"{_DECISION}.() string", lambda found: found.data.reason),
    ("errored", f"{_DECISION}.() bool", lambda found: bool(found.data.error)),
    ("error", f"{_DECISION}.() string", lambda found: found.data.error),
]  # fmt: skip
