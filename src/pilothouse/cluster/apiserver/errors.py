"""Failures of the API server, each of which is a Status.

Stages raise `StatusError`; the http stage writes it. The helpers word the messages clients know from the reference server.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pilothouse.api.findings import FieldError
from pilothouse.api.scheme import Resource
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.kit.errors import PilothouseError

Details = dict[str, Any]


class StatusError(PilothouseError):
    """An answer that is not a success."""

    def __init__(self, code: int, reason: str, message: str, details: Details | None = None, retry_after_s: float = 0.0) -> None:
        """Keep what the Status says; `details` None leaves the field out."""
        super().__init__(message, retry_after_s=retry_after_s)
        self.code, self.status_reason, self.details = code, reason, details
        self.warnings: list[str] = []

    def body(self) -> dict[str, Any]:
        """Return the Status object."""
        out: dict[str, Any] = {
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": self.message,
        }  # fmt: skip
        if self.status_reason:
            out["reason"] = self.status_reason
        if self.details is not None:
            out["details"] = self.details
        out["code"] = self.code
        return out


class PlainError(PilothouseError):
    """An answer in plain text, as paths outside the API give."""

    def __init__(self, code: int, message: str) -> None:
        """Keep the status code and the text."""
        super().__init__(message)
        self.code = code


def names(name: str, group: str, kind: str, **more: Any) -> Details:
    """Return status details with the fields that are set."""
    out: Details = {}
    if name:
        out["name"] = name
    if group:
        out["group"] = group
    if kind:
        out["kind"] = kind
    out.update(more)
    return out


def bad_request(message: str) -> StatusError:
    """400 with a message."""
    return StatusError(400, "BadRequest", message)


def not_found(resource: Resource, name: str) -> StatusError:
    """404 for an object."""
    return StatusError(
        404, "NotFound", f'{resource.group_resource} "{name}" not found', names(name, resource.group, resource.plural)
    )


def no_resource() -> StatusError:
    """404 for a resource nobody serves."""
    return StatusError(404, "NotFound", "the server could not find the requested resource", {})


def not_allowed() -> StatusError:
    """405 for a verb the resource does not have."""
    return StatusError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {})


def already_exists(resource: Resource, name: str) -> StatusError:
    """409 for a name that is taken."""
    text = f'{resource.group_resource} "{name}" already exists'
    return StatusError(409, "AlreadyExists", text, names(name, resource.group, resource.plural))


def conflict(resource: Resource, name: str, why: str) -> StatusError:
    """409 for a failed precondition."""
    text = f'Operation cannot be fulfilled on {resource.group_resource} "{name}": {why}'
    return StatusError(409, "Conflict", text, names(name, resource.group, resource.plural))


def forbidden(resource: Resource, name: str, why: str, causes: list[Details] | None = None) -> StatusError:
    """403 from an admission stage or a rule of the registry."""
    shown = f'{resource.group_resource} "{name}" is forbidden: {why}'
    more = {"causes": causes} if causes else {}
    return StatusError(403, "Forbidden", shown, names(name, resource.group, resource.plural, **more))


def internal(text: str) -> StatusError:
    """500 with the text as its cause."""
    return StatusError(500, "InternalError", f"Internal error occurred: {text}", {"causes": [{"message": text}]})


def refused(call: Call, obj: Obj, why: str) -> StatusError:
    """403 from an admission stage; an object without a name is called by what its name begins with."""
    meta = obj["metadata"]
    return forbidden(call.resource, call.name or meta.get("name") or meta.get("generateName") or "Unknown", why)


def invalid(kind: str, group: str, name: str, findings: Sequence[FieldError]) -> StatusError:
    """422 with one cause per finding."""
    worded = [(finding.path, finding.reason, finding.text()) for finding in findings]
    lines = list(dict.fromkeys(f"{path}: {text}" for path, _, text in worded))
    shown = lines[0] if len(lines) == 1 else f"[{', '.join(lines)}]"
    causes = [{"reason": reason, "message": text, "field": path} for path, reason, text in worded]
    group_kind = f"{kind}.{group}" if group else kind
    text = f'{group_kind} "{name}" is invalid: {shown}'
    return StatusError(422, "Invalid", text, names(name, group, kind, causes=causes))


def invalid_object(resource: Resource, name: str, findings: Sequence[FieldError]) -> StatusError:
    """422 for an object of `resource`."""
    group = "" if resource.kind == "Event" and resource.group == "events.k8s.io" else resource.group
    return invalid(resource.kind, group, name, findings)
