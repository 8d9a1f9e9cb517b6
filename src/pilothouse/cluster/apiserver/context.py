"""Who asks for what: the user and the request as the stages after routing see it."""

from __future__ import annotations

from typing import Any

import msgspec

from pilothouse.api.scheme import Resource, Subresource
from pilothouse.wire.http.messages import Request

Obj = dict[str, Any]


class User(msgspec.Struct, frozen=True):
    """An authenticated user."""

    name: str
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def info(self) -> Obj:
        """Return the UserInfo object of reviews."""
        out: Obj = {}
        if self.name:
            out["username"] = self.name
        if self.uid:
            out["uid"] = self.uid
        if self.groups:
            out["groups"] = list(self.groups)
        if self.extra:
            out["extra"] = {key: list(values) for key, values in self.extra}
        return out


AUTHENTICATED = "system:authenticated"
"""The group of everyone who showed a credential."""
ANONYMOUS = User("system:anonymous", "", ("system:unauthenticated",))


class Attributes(msgspec.Struct, frozen=True):
    """What is asked for, as authorisation sees it."""

    verb: str
    is_resource: bool
    group: str = ""
    version: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""
    node_name: str = ""
    """The node that a field selector narrows a list to."""


class Call(msgspec.Struct):
    """One request to a resource on its way through the stages."""

    request: Request
    user: User
    verb: str
    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: Subresource | None = None
    params: dict[str, str] = {}
    """First value of each query parameter."""
    warnings: list[str] = []
    dry_run: bool = False
    field_validation: str = "Warn"
    manager: str = ""
    force: bool = False
    removal: Obj | None = None
    """What a delete asks for, as the fields of DeleteOptions."""
    annotations: dict[str, str] = {}
    """What stages note about the request, for the audit log."""

    def warn(self, text: str) -> None:
        """Add a warning header to the answer, once."""
        if text not in self.warnings:
            self.warnings.append(text)

    def annotate(self, key: str, value: str) -> None:
        """Note something for the audit log; what was noted first stays."""
        self.annotations.setdefault(key, value)
