"""Which hooks a request concerns, and in which version they want to see it: rules, selectors, equivalent resources."""

from __future__ import annotations

import msgspec

from pilothouse.api.scheme import Resource, Scheme
from pilothouse.cluster.apiserver.admission.webhooks.hooks import Hook, Rule
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Obj, User
from pilothouse.cluster.apiserver.errors import StatusError, names

_EXEMPT = frozenset((
    "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding",
))  # fmt: skip
_EVENT_GROUPS = ("", "events.k8s.io")


class Attributes(msgspec.Struct):
    """What a request is about, as hooks see it."""

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


class Invocation(msgspec.Struct, frozen=True):
    """A hook to call, with the version of the resource it asked for."""

    hook: Hook
    resource: Resource


def is_exempt(resource: Resource) -> bool:
    """Whether hooks never see a resource: those that configure admission, so that a broken hook can be removed."""
    return resource.group == "admissionregistration.k8s.io" and resource.kind in _EXEMPT


def match(backend: Backend, hook: Hook, asked: Attributes) -> Invocation | None:
    """Return how to call a hook for a request, None when it is not concerned; raises 404 for a namespace that is missing."""
    resource = _resource_for(backend.scheme, hook, asked)
    if resource is None or not _selects_object(hook, asked) or not _selects_namespace(backend, hook, asked):
        return None
    return Invocation(hook, resource)


def _resource_for(scheme: Scheme, hook: Hook, asked: Attributes) -> Resource | None:
    if any(is_for(rule, asked, asked.resource) for rule in hook.rules):
        return asked.resource
    if hook.is_exact:
        return None
    others = equivalents(scheme, asked.resource)
    for rule in hook.rules:
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


def _selects_object(hook: Hook, asked: Attributes) -> bool:
    if not hook.objects.requirements:
        return True
    trees = [tree for tree in (asked.obj, asked.old) if tree is not None and "metadata" in tree]
    return any(hook.objects.matches(tree["metadata"].get("labels") or {}) for tree in trees)


def _selects_namespace(backend: Backend, hook: Hook, asked: Attributes) -> bool:
    is_namespace = asked.resource.plural == "namespaces" and not asked.resource.group
    if not hook.namespaces.requirements or (not asked.namespace and not is_namespace):
        return True
    if is_namespace and not asked.subresource and asked.operation in ("CREATE", "UPDATE") and asked.obj is not None:
        return hook.namespaces.matches(asked.obj["metadata"].get("labels") or {})
    found = backend.look("", "namespaces", "", asked.namespace)
    if found is None:
        text = f'namespaces "{asked.namespace}" not found'
        raise StatusError(404, "NotFound", text, names(asked.namespace, "", "namespaces"))
    return hook.namespaces.matches(found["metadata"].get("labels") or {})
