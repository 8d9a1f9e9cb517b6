"""Rules of what an admission policy or binding is for: MatchResources, the kind of its params, the reference to them."""

from __future__ import annotations

from pilothouse.api.findings import duplicate, forbidden, invalid, required, unsupported
from pilothouse.api.meta import names
from pilothouse.api.validation.admission.webhooks import resource_rule
from pilothouse.api.validation.checks import Findings, Obj, label_selector, one_of

_MATCH = ("Equivalent", "Exact")
_NOT_FOUND = ("Allow", "Deny")
_MIXED_CASE = "may have mixed case, but should otherwise match: "
_EXCLUSIVE = "name and selector are mutually exclusive"


def match_resources(found: Obj | None, path: str) -> Findings:
    """Selectors and resource rules."""
    if found is None:
        return []
    out = one_of(f"{path}.matchPolicy", found.get("matchPolicy"), _MATCH)
    out += label_selector(f"{path}.namespaceSelector", found.get("namespaceSelector"))
    out += label_selector(f"{path}.objectSelector", found.get("objectSelector"))
    for field in ("resourceRules", "excludeResourceRules"):
        for index, item in enumerate(found.get(field) or ()):
            out += _named_rule(item, f"{path}.{field}[{index}]")
    return out


def _named_rule(item: Obj, path: str) -> Findings:
    out: Findings = []
    stated = item.get("resourceNames") or []
    for index, name in enumerate(stated):
        at = f"{path}.resourceNames[{index}]"
        out += [invalid(at, name, problem) for problem in names.path_segment(name)]
        if name in stated[:index]:
            out.append(duplicate(at, name))
    return out + resource_rule(item, path)


def param_kind(found: Obj, path: str) -> Findings:
    """The kind of the objects that parametrise a policy."""
    stated, kind = found.get("apiVersion", ""), found.get("kind", "")
    out = _api_version(stated, f"{path}.apiVersion")
    if not kind:
        return [*out, required(f"{path}.kind")]
    problems = names.label_1035(kind.lower())
    return out + ([invalid(f"{path}.kind", kind, _MIXED_CASE + ",".join(problems))] if problems else [])


def _api_version(stated: str, path: str) -> Findings:
    if not stated:
        return [required(path)]
    if stated.count("/") > 1:
        return [invalid(path, stated, f"unexpected GroupVersion string: {stated}")]
    group, _, version = stated.rpartition("/")
    out: Findings = []
    problems = names.subdomain(group) if group else []
    if problems:
        out.append(invalid(path, group, ",".join(problems)))
    if not version:
        return [*out, invalid(path, stated, "version must be specified")]
    problems = names.label_1035(version)
    return out + ([invalid(path, version, ",".join(problems))] if problems else [])


def param_reference(found: Obj | None, path: str) -> Findings:
    """Which params a binding uses."""
    if found is None:
        return []
    name, selector, action = found.get("name", ""), found.get("selector"), found.get("parameterNotFoundAction")
    out: Findings = []
    if name:
        out += [invalid(f"{path}.name", name, problem) for problem in names.path_segment(name)]
    if name and selector is not None:
        out.append(forbidden(f"{path}.name", _EXCLUSIVE))
    if selector is not None:
        out += label_selector(f"{path}.selector", selector)
        out += [forbidden(f"{path}.selector", _EXCLUSIVE)] if name else []
    elif not name:
        out.append(required(path, "one of name or selector must be specified"))
    if not action:
        out.append(required(f"{path}.parameterNotFoundAction"))
    elif action not in _NOT_FOUND:
        out.append(unsupported(f"{path}.parameterNotFoundAction", action, ("Deny", "Allow")))
    return out
