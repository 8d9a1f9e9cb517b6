"""Which policies and hooks a request concerns, and in which version they see it: rules, selectors, equivalent resources."""

from __future__ import annotations

import msgspec

from pilothouse.api.scheme import Resource, Scheme
from pilothouse.api.selectors import LabelSelector, label_selector_from_object
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Obj, User
from pilothouse.cluster.apiserver.errors import StatusError, names

_EXEMPT = frozenset((
    "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding",
))  # fmt: skip
_EVENT_GROUPS = ("", "events.k8s.io")


class Rule(msgspec.Struct, frozen=True):
    """Which requests are meant; `*` stands for all."""

    operations: tuple[str, ...]
    groups: tuple[str, ...]
    versions: tuple[str, ...]
    resources: tuple[tuple[str, str], ...]
    """(resource, subresource)"""
    scope: str = "*"
    names: tuple[str, ...] = ()
    """Names of objects; all when empty."""


_EVERYTHING = (Rule(("*",), ("*",), ("*",), (("*", "*"),)),)


class Selection(msgspec.Struct, frozen=True):
    """What a policy, a binding or a hook is for."""

    rules: tuple[Rule, ...]
    namespaces: LabelSelector
    objects: LabelSelector
    excluded: tuple[Rule, ...] = ()
    is_exact: bool = False


def rule_of(raw: Obj) -> Rule:
    """Return a rule; what it leaves out matches nothing."""

    def words(field: str) -> tuple[str, ...]:
        return tuple(raw.get(field) or ())

    resources = tuple((name.partition("/")[0], name.partition("/")[2]) for name in words("resources"))
    return Rule(
        words("operations"), words("apiGroups"), words("apiVersions"), resources, raw.get("scope") or "*", words("resourceNames")
    )


def selection_of(raw: Obj, rules: list[Obj]) -> Selection:
    """Return what an object with selectors is for; raises BadRequest for a selector that cannot be read."""
    return Selection(
        tuple(map(rule_of, rules)),
        label_selector_from_object(raw.get("namespaceSelector") or {}),
        label_selector_from_object(raw.get("objectSelector") or {}),
        tuple(map(rule_of, raw.get("excludeResourceRules") or ())),
        raw.get("matchPolicy") == "Exact",
    )


def resources_of(raw: Obj) -> Selection:
    """Return what a MatchResources means; one without rules is for everything."""
    selection = selection_of(raw, raw.get("resourceRules") or [])
    return selection if selection.rules else msgspec.structs.replace(selection, rules=_EVERYTHING)


class Attributes(msgspec.Struct):
    """What a request is about, as policies and hooks see it."""

    operation: str
    """CREATE, UPDATE, DELETE or CONNECT."""
    resource: Resource
    user: User
    subresource: str = ""
    kind: tuple[str, str, str] = ("", "", "")
    """Group, version and kind of `obj`."""
    namespace: str = ""
    name: str = ""
    obj: Obj | None = None
    old: Obj | None = None
    options: Obj | None = None
    dry_run: bool = False


def is_exempt(resource: Resource) -> bool:
    """Whether nobody is told of a resource: those that configure admission, so that what is broken can be removed."""
    return resource.group == "admissionregistration.k8s.io" and resource.kind in _EXEMPT


def match(backend: Backend, selection: Selection, asked: Attributes) -> Resource | None:
    """Return the version of the resource a request is seen in, None when it is not concerned.

    Raises 404 for a namespace that is missing.
    """
    resource = _first(backend.scheme, selection, selection.rules, asked)
    if resource is None or not _selects_object(selection, asked) or not _selects_namespace(backend, selection, asked):
        return None
    if selection.excluded and _first(backend.scheme, selection, selection.excluded, asked) is not None:
        return None
    return resource


def _first(scheme: Scheme, selection: Selection, rules: tuple[Rule, ...], asked: Attributes) -> Resource | None:
    """Return the resource itself when a rule names it, else the equivalent one that the first rule names."""
    if any(is_for(rule, asked, asked.resource) for rule in rules):
        return asked.resource
    if selection.is_exact:
        return None
    others = equivalents(scheme, asked.resource)
    for rule in rules:
        for other in others:
            if is_for(rule, asked, other):
                return other
    return None


def is_for(rule: Rule, asked: Attributes, resource: Resource) -> bool:
    """Whether a rule covers a request for `resource`."""
    if "*" not in rule.operations and asked.operation not in rule.operations:
        return False
    if "*" not in rule.groups and resource.group not in rule.groups:
        return False
    if "*" not in rule.versions and resource.version not in rule.versions:
        return False
    if rule.scope != "*" and (rule.scope == "Namespaced") is not _is_namespaced(asked):
        return False
    if rule.names and asked.name not in rule.names:
        return False
    plural, sub = resource.plural, asked.subresource
    return any(name in ("*", plural) and below in ("*", sub) for name, below in rule.resources)


def _is_namespaced(asked: Attributes) -> bool:
    return asked.resource.namespaced and bool(asked.namespace)


def equivalents(scheme: Scheme, resource: Resource) -> list[Resource]:
    """Return the other resources that are views of the same stored objects."""
    groups = _EVENT_GROUPS if resource.plural == "events" and resource.group in _EVENT_GROUPS else (resource.group,)
    found = []
    for group in groups:
        for version in scheme.groups.get(group, ()):
            other = scheme.resource(group, version, resource.plural)
            if other is not None and other is not resource and other.storage_prefix == resource.storage_prefix:
                found.append(other)
    return found


def _selects_object(selection: Selection, asked: Attributes) -> bool:
    if not selection.objects.requirements:
        return True
    trees = [tree for tree in (asked.obj, asked.old) if tree is not None and "metadata" in tree]
    return any(selection.objects.matches(tree["metadata"].get("labels") or {}) for tree in trees)


def _selects_namespace(backend: Backend, selection: Selection, asked: Attributes) -> bool:
    is_namespace = asked.resource.plural == "namespaces" and not asked.resource.group
    if not selection.namespaces.requirements or (not asked.namespace and not is_namespace):
        return True
    if is_namespace and not asked.subresource and asked.operation in ("CREATE", "UPDATE") and asked.obj is not None:
        return selection.namespaces.matches(asked.obj["metadata"].get("labels") or {})
    found = backend.look("", "namespaces", "", asked.namespace)
    if found is None:
        text = f'namespaces "{asked.namespace}" not found'
        raise StatusError(404, "NotFound", text, names(asked.namespace, "", "namespaces"))
    return selection.namespaces.matches(found["metadata"].get("labels") or {})
