"""Which flow a request belongs to: FlowSchemas as values, and how they match.

Pure: called by `fairness` once per kind of request and configuration, which remembers the answer. Source: FlowSchema of
flowcontrol v1; the first match in order of precedence and name counts.
"""

from __future__ import annotations

import msgspec

from pilothouse.cluster.apiserver.context import Attributes, Obj, User

_ACCOUNT = "system:serviceaccount:"


class ResourceRule(msgspec.Struct, frozen=True):
    """Requests to resources."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...]
    resources: tuple[str, ...]
    namespaces: tuple[str, ...]
    is_cluster_scoped: bool

    def covers(self, wanted: Attributes) -> bool:
        """Whether a request is meant."""
        resource = f"{wanted.resource}/{wanted.subresource}" if wanted.subresource else wanted.resource
        if not (_has(self.verbs, wanted.verb) and _has(self.groups, wanted.group) and _has(self.resources, resource)):
            return False
        return _has(self.namespaces, wanted.namespace) if wanted.namespace else self.is_cluster_scoped

    @property
    def is_for_all(self) -> bool:
        """Whether every request to a resource is meant."""
        parts = (self.verbs, self.groups, self.resources, self.namespaces)
        return self.is_cluster_scoped and all("*" in part for part in parts)


class PathRule(msgspec.Struct, frozen=True):
    """Requests to other paths; one that ends in `/*` means everything below."""

    verbs: tuple[str, ...]
    paths: tuple[str, ...]

    def covers(self, wanted: Attributes) -> bool:
        """Whether a request is meant."""
        if not _has(self.verbs, wanted.verb):
            return False
        return any(
            path in ("*", wanted.path) or (path.endswith("/*") and wanted.path.startswith(path[:-1])) for path in self.paths
        )


class Rule(msgspec.Struct, frozen=True):
    """Requests of some users."""

    users: frozenset[str]
    groups: frozenset[str]
    accounts: tuple[str, ...]
    """Names of ServiceAccounts, or what they begin with when they end in a colon."""
    resources: tuple[ResourceRule, ...]
    paths: tuple[PathRule, ...]

    def covers(self, user: User, wanted: Attributes) -> bool:
        """Whether a request is meant."""
        rules = self.resources if wanted.is_resource else self.paths
        return self.is_about(user) and any(rule.covers(wanted) for rule in rules)

    @property
    def is_for_all_resources(self) -> bool:
        """Whether every request of its users to a resource is meant."""
        return any(rule.is_for_all for rule in self.resources)

    def is_about(self, user: User) -> bool:
        """Whether a user is one of its subjects."""
        if "*" in self.users or user.name in self.users or "*" in self.groups or not self.groups.isdisjoint(user.groups):
            return True
        return any(user.name == name or (name.endswith(":") and user.name.startswith(name)) for name in self.accounts)


class Schema(msgspec.Struct, frozen=True):
    """A FlowSchema."""

    name: str
    uid: str
    level: str
    precedence: int
    method: str
    """ByUser, ByNamespace or empty: what tells its flows apart."""
    rules: tuple[Rule, ...]

    def covers(self, user: User, wanted: Attributes) -> bool:
        """Whether a request is meant."""
        return any(rule.covers(user, wanted) for rule in self.rules)

    def concerns_all_of(self, user: User) -> bool | None:
        """Whether every request of a user to a resource is meant; None when none is, whatever it asks for."""
        rules = [rule for rule in self.rules if rule.resources and rule.is_about(user)]
        return any(rule.is_for_all_resources for rule in rules) if rules else None

    def distinguisher(self, user: User, wanted: Attributes) -> str:
        """Return what tells the flow of a request from others of the schema."""
        return user.name if self.method == "ByUser" else wanted.namespace if self.method == "ByNamespace" else ""


def _has(values: tuple[str, ...], value: str) -> bool:
    return "*" in values or value in values


def schema_of(obj: Obj) -> Schema:
    """Return a FlowSchema as a value."""
    meta, spec = obj["metadata"], obj.get("spec") or {}
    return Schema(
        meta["name"], meta.get("uid", ""), (spec.get("priorityLevelConfiguration") or {}).get("name", ""),
        spec.get("matchingPrecedence", 1000), (spec.get("distinguisherMethod") or {}).get("type", ""),
        tuple(map(_rule, spec.get("rules") or ())),
    )  # fmt: skip


def _rule(raw: Obj) -> Rule:
    subjects = raw.get("subjects") or []
    users = frozenset((found.get("user") or {}).get("name", "") for found in subjects if found.get("kind") == "User")
    groups = frozenset((found.get("group") or {}).get("name", "") for found in subjects if found.get("kind") == "Group")
    accounts = tuple(_account(found.get("serviceAccount") or {}) for found in subjects if found.get("kind") == "ServiceAccount")
    resources = tuple(map(_resource_rule, raw.get("resourceRules") or ()))
    paths = tuple(
        PathRule(tuple(rule.get("verbs") or ()), tuple(rule.get("nonResourceURLs") or ()))
        for rule in raw.get("nonResourceRules") or ()
    )
    return Rule(users, groups, accounts, resources, paths)


def _resource_rule(raw: Obj) -> ResourceRule:
    verbs, groups, resources, namespaces = (
        tuple(raw.get(key) or ()) for key in ("verbs", "apiGroups", "resources", "namespaces")
    )
    return ResourceRule(verbs, groups, resources, namespaces, bool(raw.get("clusterScope")))


def _account(found: Obj) -> str:
    name = found.get("name", "")
    return f"{_ACCOUNT}{found.get('namespace', '')}:{'' if name == '*' else name}"


def in_order(schemas: list[Schema]) -> list[Schema]:
    """Return schemas in the order they are tried."""
    return sorted(schemas, key=lambda schema: (schema.precedence, schema.name))
