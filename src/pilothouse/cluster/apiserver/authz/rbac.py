"""RBAC: rules compiled per user, decisions remembered until a role or binding changes."""

from __future__ import annotations

from typing import Any

import msgspec

from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Attributes, Obj, User
from pilothouse.cluster.apiserver.watchcache.cache import Change

GROUP = "rbac.authorization.k8s.io"
_PREFIX = f"/registry/{GROUP}/"
MASTERS = "system:masters"
MAX_DECISIONS = 20_000
MAX_USERS = 2_000


class Rule(msgspec.Struct, frozen=True):
    """One policy rule, ready to match."""

    verbs: frozenset[str]
    groups: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    urls: tuple[str, ...] = ()

    def allows(self, wanted: Attributes) -> bool:
        """Whether the rule grants the request."""
        if wanted.verb not in self.verbs and "*" not in self.verbs:
            return False
        if not wanted.is_resource:
            return any(_url_matches(url, wanted.path) for url in self.urls)
        if wanted.group not in self.groups and "*" not in self.groups:
            return False
        if not self._has_resource(wanted):
            return False
        return not self.names or wanted.name in self.names

    def _has_resource(self, wanted: Attributes) -> bool:
        if "*" in self.resources:
            return True
        if not wanted.subresource:
            return wanted.resource in self.resources
        return f"{wanted.resource}/{wanted.subresource}" in self.resources or f"*/{wanted.subresource}" in self.resources


def _url_matches(url: str, path: str) -> bool:
    if url == "*" or url == path:
        return True
    return url.endswith("*") and path.startswith(url[:-1])


def compile_rule(raw: Obj) -> Rule:
    """Return a rule of a role."""
    return Rule(
        frozenset(raw.get("verbs") or ()), frozenset(raw.get("apiGroups") or ()), frozenset(raw.get("resources") or ()),
        frozenset(raw.get("resourceNames") or ()), tuple(raw.get("nonResourceURLs") or ()),
    )  # fmt: skip


class Grants(msgspec.Struct):
    """What one user may do: rules for the whole cluster, and per namespace."""

    cluster: list[Rule]
    namespaces: dict[str, list[Rule]]


class Rbac:
    """Answers whether a user may do something."""

    def __init__(self, backend: Backend) -> None:
        """Read roles and bindings from the cache."""
        self.backend = backend
        self._grants: dict[tuple[str, tuple[str, ...]], Grants] = {}
        self._decisions: dict[tuple[str, tuple[str, ...], Attributes], bool] = {}

    def start(self) -> None:
        """Forget what was compiled whenever a role or binding changes."""
        self.backend.cache.on_change.append(self._on_change)

    def _on_change(self, prefix: str, change: Change) -> None:
        if prefix.startswith(_PREFIX):
            self.forget()

    def forget(self) -> None:
        """Drop what was compiled."""
        self._grants.clear()
        self._decisions.clear()

    def allows(self, user: User, wanted: Attributes) -> bool:
        """Whether the user may do what is wanted."""
        if MASTERS in user.groups:
            return True
        key = (user.name, user.groups, wanted)
        found = self._decisions.get(key)
        if found is None:
            if len(self._decisions) > MAX_DECISIONS:
                self._decisions.clear()
            found = self._decisions[key] = self._decide(user, wanted)
        return found

    def _decide(self, user: User, wanted: Attributes) -> bool:
        grants = self.grants(user)
        if any(rule.allows(wanted) for rule in grants.cluster):
            return True
        return bool(wanted.namespace) and any(rule.allows(wanted) for rule in grants.namespaces.get(wanted.namespace, ()))

    def grants(self, user: User) -> Grants:
        """Return the compiled rules of a user."""
        key = (user.name, user.groups)
        found = self._grants.get(key)
        if found is None:
            if len(self._grants) > MAX_USERS:
                self._grants.clear()
            found = self._grants[key] = self._compile(user)
        return found

    def rules_of(self, user: User, namespace: str) -> list[Obj]:
        """Return the raw rules that apply to a user in a namespace, cluster-wide ones first."""
        out: list[Obj] = []
        for item in self.backend.all_of(GROUP, "clusterrolebindings"):
            if binds(item.object, user, ""):
                out += self.role_rules(item.object["roleRef"], "")
        for item in self.backend.all_of(GROUP, "rolebindings", namespace) if namespace else ():
            if binds(item.object, user, item.namespace):
                out += self.role_rules(item.object["roleRef"], item.namespace)
        return out

    def explain(self, user: User, wanted: Attributes) -> str:
        """Return which binding grants the request, in the words of reviews; empty when none does."""
        for item in self.backend.all_of(GROUP, "clusterrolebindings"):
            if self._grants_through(item.object, user, "", wanted):
                return _reason("ClusterRoleBinding", item.name, item.object, user, "")
        for item in self.backend.all_of(GROUP, "rolebindings", wanted.namespace) if wanted.namespace else ():
            if self._grants_through(item.object, user, item.namespace, wanted):
                return _reason("RoleBinding", f"{item.name}/{item.namespace}", item.object, user, item.namespace)
        return ""

    def _grants_through(self, binding: Obj, user: User, namespace: str, wanted: Attributes) -> bool:
        if not binds(binding, user, namespace):
            return False
        return any(compile_rule(raw).allows(wanted) for raw in self.role_rules(binding["roleRef"], namespace))

    def _compile(self, user: User) -> Grants:
        grants = Grants([], {})
        for item in self.backend.all_of(GROUP, "clusterrolebindings"):
            if binds(item.object, user, ""):
                grants.cluster += map(compile_rule, self.role_rules(item.object["roleRef"], ""))
        for item in self.backend.all_of(GROUP, "rolebindings"):
            if binds(item.object, user, item.namespace):
                rules = map(compile_rule, self.role_rules(item.object["roleRef"], item.namespace))
                grants.namespaces.setdefault(item.namespace, []).extend(rules)
        return grants

    def role_rules(self, reference: Obj, namespace: str) -> list[Obj]:
        """Return the raw rules of the role a binding names."""
        is_cluster = reference.get("kind") == "ClusterRole"
        plural = "clusterroles" if is_cluster else "roles"
        role = self.backend.look(GROUP, plural, "" if is_cluster else namespace, reference.get("name", ""))
        rules: list[Obj] = list((role or {}).get("rules") or ())
        return rules


def binds(binding: Obj, user: User, namespace: str) -> bool:
    """Whether a binding names the user."""
    for subject in binding.get("subjects") or ():
        kind, name = subject.get("kind"), subject.get("name", "")
        if kind == "User" and name == user.name:
            return True
        if kind == "Group" and name in user.groups:
            return True
        if kind == "ServiceAccount":
            home = subject.get("namespace") or namespace
            if user.name == f"system:serviceaccount:{home}:{name}":
                return True
    return False


def _reason(kind: str, name: str, binding: Obj, user: User, namespace: str) -> str:
    role = binding["roleRef"]
    for subject in binding.get("subjects") or ():
        if binds({"subjects": [subject]}, user, namespace):
            shown = f'{subject["kind"]} "{subject["name"]}"'
            if subject["kind"] == "ServiceAccount":
                shown = f'ServiceAccount "{subject["name"]}/{subject.get("namespace") or namespace}"'
            return f'RBAC: allowed by {kind} "{name}" of {role["kind"]} "{role["name"]}" to {shown}'
    return ""


def covers(owned: list[Rule], wanted: Obj) -> list[Obj]:
    """Return the parts of a raw rule that `owned` does not grant, one attribute combination each."""
    missing: list[Obj] = []
    for verb in wanted.get("verbs") or ():
        for url in wanted.get("nonResourceURLs") or ():
            if not any((verb in rule.verbs or "*" in rule.verbs) and _url_covered(rule, url) for rule in owned):
                missing.append({"verbs": [verb], "nonResourceURLs": [url]})
        for part in _combinations(wanted):
            if not any(_grants_part(rule, verb, part) for rule in owned):
                missing.append({"verbs": [verb], **part})
    return missing


def _url_covered(rule: Rule, url: str) -> bool:
    return any(_url_matches(owned, url) for owned in rule.urls)


def _combinations(rule: Obj) -> list[Obj]:
    out: list[Obj] = []
    for group in rule.get("apiGroups") or ():
        for resource in rule.get("resources") or ():
            base: dict[str, Any] = {"apiGroups": [group], "resources": [resource]}
            for name in rule.get("resourceNames") or [None]:
                out.append({**base, "resourceNames": [name]} if name is not None else base)
    return out


def _grants_part(rule: Rule, verb: str, part: Obj) -> bool:
    if verb not in rule.verbs and "*" not in rule.verbs:
        return False
    group, resource = part["apiGroups"][0], part["resources"][0]
    if group not in rule.groups and "*" not in rule.groups:
        return False
    sub = resource.partition("/")[2]
    if resource not in rule.resources and "*" not in rule.resources and not (sub and f"*/{sub}" in rule.resources):
        return False
    return not rule.names or part.get("resourceNames", [None])[0] in rule.names
