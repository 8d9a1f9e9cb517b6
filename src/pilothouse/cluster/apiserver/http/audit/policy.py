"""How much of a request is recorded: the first rule of the policy that matches it.

Source: Kubernetes, "Auditing" and the audit.k8s.io/v1 API. A request no rule matches is not recorded.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from pilothouse.cluster.apiserver.context import Attributes, User
from pilothouse.kit.errors import Invalid

API_VERSION, KIND = "audit.k8s.io/v1", "Policy"
LEVELS = ("None", "Metadata", "Request", "RequestResponse")
Stage = Literal["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"]


class BadAuditPolicy(Invalid):
    """An audit policy that cannot be used."""

    reason = "BadAuditPolicy"


class GroupResources(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Resources of one API group: `pods`, `pods/log`, `pods/*`, `*/scale` or `*`; none means all."""

    group: str = ""
    resources: tuple[str, ...] = ()
    resourceNames: tuple[str, ...] = ()

    def covers(self, wanted: Attributes) -> bool:
        """Tell whether a request to a resource is meant."""
        if self.group != wanted.group:
            return False
        if self.resourceNames and wanted.name not in self.resourceNames:
            return False
        full = f"{wanted.resource}/{wanted.subresource}" if wanted.subresource else wanted.resource
        shown = {"*", full, f"{wanted.resource}/*"} if wanted.subresource else {"*", full}
        if wanted.subresource:
            shown.add(f"*/{wanted.subresource}")
        return not self.resources or not shown.isdisjoint(self.resources)


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule; an empty field matches everything."""

    level: Literal["None", "Metadata", "Request", "RequestResponse"]
    users: tuple[str, ...] = ()
    userGroups: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    resources: tuple[GroupResources, ...] = ()
    namespaces: tuple[str, ...] = ()
    nonResourceURLs: tuple[str, ...] = ()
    omitStages: tuple[Stage, ...] = ()
    omitManagedFields: bool | None = None

    def matches(self, user: User, wanted: Attributes) -> bool:
        """Tell whether the rule speaks about this request."""
        if self.users and user.name not in self.users:
            return False
        if self.userGroups and set(self.userGroups).isdisjoint(user.groups):
            return False
        if self.verbs and wanted.verb not in self.verbs:
            return False
        return self._matches_resource(wanted) if wanted.is_resource else self._matches_path(wanted.path)

    def _matches_resource(self, wanted: Attributes) -> bool:
        if self.namespaces and wanted.namespace not in self.namespaces:
            return False
        if not self.resources:
            return not self.nonResourceURLs
        return any(resource.covers(wanted) for resource in self.resources)

    def _matches_path(self, path: str) -> bool:
        if self.resources or self.namespaces:
            return False
        return not self.nonResourceURLs or any(_covers(pattern, path) for pattern in self.nonResourceURLs)


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The document."""

    rules: tuple[Rule, ...]
    apiVersion: str = API_VERSION
    kind: str = KIND
    metadata: dict[str, Any] = {}
    omitStages: tuple[Stage, ...] = ()
    omitManagedFields: bool = False

    def decide(self, user: User, wanted: Attributes) -> Decision:
        """Return what is recorded of a request."""
        for rule in self.rules:
            if rule.matches(user, wanted):
                omit = self.omitManagedFields if rule.omitManagedFields is None else rule.omitManagedFields
                return Decision(rule.level, frozenset((*self.omitStages, *rule.omitStages)), omit)
        return NOTHING


class Decision(msgspec.Struct, frozen=True):
    """What is recorded of one request."""

    level: str
    omitted_stages: frozenset[str] = frozenset()
    omit_managed_fields: bool = False

    @property
    def has_request(self) -> bool:
        """The object the client sent is recorded."""
        return self.level in ("Request", "RequestResponse")

    @property
    def has_response(self) -> bool:
        """The object of the answer is recorded."""
        return self.level == "RequestResponse"


NOTHING = Decision("None")


def read_policy(document: object) -> Policy:
    """Return a policy; raises `BadAuditPolicy` that names the field."""
    try:
        policy = msgspec.convert(document, Policy)
    except msgspec.ValidationError as error:
        raise BadAuditPolicy(f"audit policy: {error}") from None
    if policy.kind != KIND or policy.apiVersion != API_VERSION:
        raise BadAuditPolicy(f"audit policy: expected {KIND} of {API_VERSION}, got {policy.kind} of {policy.apiVersion}")
    if not policy.rules:
        fix = "`rules: [{level: Metadata}]` records every request without bodies"
        raise BadAuditPolicy("audit policy: rules is empty, nothing would be recorded", fix=fix)
    for index, rule in enumerate(policy.rules):
        _check(rule, f"rules[{index}]")
    return policy


def _check(rule: Rule, where: str) -> None:
    if rule.nonResourceURLs and (rule.resources or rule.namespaces):
        raise BadAuditPolicy(
            f"audit policy: {where} has nonResourceURLs together with resources or namespaces: it matches nothing"
        )
    for url in rule.nonResourceURLs:
        if (not url.startswith("/") and url != "*") or "*" in url[:-1]:
            fix = "begin with / and use * at the end only"
            raise BadAuditPolicy(f"audit policy: {where}.nonResourceURLs has {url!r}, which matches no path", fix=fix)
    for resource in rule.resources:
        if resource.resourceNames and not resource.resources:
            raise BadAuditPolicy(f"audit policy: {where}.resources has resourceNames without resources")
        if "/" in resource.group and not resource.group.startswith("/"):
            raise BadAuditPolicy(f"audit policy: {where}.resources has group {resource.group!r}: leave the version out")


def _covers(pattern: str, path: str) -> bool:
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern
