"""Rules of Roles and their bindings, of the group rbac.authorization.k8s.io."""

from __future__ import annotations

from pilothouse.api.findings import internal_form, invalid, required, unsupported
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import Findings, Obj, label_selector, rule

_GROUP = "rbac.authorization.k8s.io"


def role(obj: Obj) -> Findings:
    """A new Role or ClusterRole."""
    is_namespaced = obj.get("kind") == "Role"
    out: Findings = []
    for index, item in enumerate(obj.get("rules") or ()):
        out += _rule(item, f"rules[{index}]", is_namespaced=is_namespaced)
    aggregation = obj.get("aggregationRule")
    if aggregation is None:
        return out
    path, selectors = "aggregationRule.clusterRoleSelectors", aggregation.get("clusterRoleSelectors") or []
    if not selectors:
        out.append(required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil"))
    for index, selector in enumerate(selectors):
        wrong = label_selector(f"{path}[{index}]", selector)
        out += [*wrong, invalid(f"{path}[{index}]", selector, "invalid label selector.")] if wrong else []
    return out


def _rule(item: Obj, path: str, *, is_namespaced: bool) -> Findings:
    out: Findings = []
    if not item.get("verbs"):
        out.append(required(f"{path}.verbs", "verbs must contain at least one value"))
    urls = item.get("nonResourceURLs")
    if urls:
        if is_namespaced:
            text = "namespaced rules cannot apply to non-resource URLs"
            out.append(invalid(f"{path}.nonResourceURLs", urls, text))
        if item.get("apiGroups") or item.get("resources") or item.get("resourceNames"):
            text = "rules cannot apply to both regular resources and non-resource URLs"
            out.append(invalid(f"{path}.nonResourceURLs", urls, text))
        return out
    if not item.get("apiGroups"):
        out.append(required(f"{path}.apiGroups", "resource rules must supply at least one api group"))
    if not item.get("resources"):
        out.append(required(f"{path}.resources", "resource rules must supply at least one resource"))
    return out


def role_binding(obj: Obj) -> Findings:
    """A new RoleBinding or ClusterRoleBinding."""
    is_namespaced = obj.get("kind") == "RoleBinding"
    reference = obj.get("roleRef") or {}
    out: Findings = []
    if reference.get("apiGroup") != _GROUP:
        out.append(unsupported("roleRef.apiGroup", reference.get("apiGroup", ""), (_GROUP,)))
    kinds = ("Role", "ClusterRole") if is_namespaced else ("ClusterRole",)
    if reference.get("kind") not in kinds:
        out.append(unsupported("roleRef.kind", reference.get("kind", ""), kinds))
    name = reference.get("name")
    out += rule("roleRef.name", name, names.path_segment) if name else [required("roleRef.name")]
    for index, subject in enumerate(obj.get("subjects") or ()):
        out += _subject(subject, f"subjects[{index}]", is_namespaced=is_namespaced)
    return out


def _subject(subject: Obj, path: str, *, is_namespaced: bool) -> Findings:
    out: Findings = [] if subject.get("name") else [required(f"{path}.name")]
    kind, group = subject.get("kind", ""), subject.get("apiGroup", "")
    if kind == "ServiceAccount":
        if subject.get("name"):
            out += rule(f"{path}.name", subject["name"], names.subdomain)
        if group:
            out.append(unsupported(f"{path}.apiGroup", group, ("",)))
        if not is_namespaced and not subject.get("namespace"):
            out.append(required(f"{path}.namespace"))
    elif kind in ("User", "Group"):
        if group != _GROUP:
            out.append(unsupported(f"{path}.apiGroup", group, (_GROUP,)))
    else:
        out.append(unsupported(f"{path}.kind", kind, ("ServiceAccount", "User", "Group")))
    return out


def role_binding_update(new: Obj, old: Obj) -> Findings:
    """The role of a binding stays."""
    out = role_binding(new)
    if new.get("roleRef") != old.get("roleRef"):
        out.append(invalid("roleRef", internal_form("RoleRef", new.get("roleRef") or {}), "cannot change roleRef"))
    return out
