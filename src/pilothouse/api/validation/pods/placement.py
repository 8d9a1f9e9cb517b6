"""Rules of where a Pod may run: tolerations, affinity, spreading over topologies."""

from __future__ import annotations

from pilothouse.api.findings import duplicate, forbidden, invalid, required, unsupported
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import Findings, Obj, label_selector, rule
from pilothouse.api.validation.v1.nodeselectors import node_selector, node_term

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_ACTIONS = ("DoNotSchedule", "ScheduleAnyway")
_INCLUSIONS = ("Honor", "Ignore")
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_NO_KEY = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
_POSITIVE = "must be greater than zero"
_BOTH = "exists in both matchLabelKeys and labelSelector"


def tolerations(found: list[Obj], path: str) -> Findings:
    """Which taints a Pod stands."""
    return [finding for index, item in enumerate(found) for finding in _toleration(item, f"{path}[{index}]")]


def _toleration(toleration: Obj, path: str) -> Findings:
    key, operator, value, effect = (toleration.get(field, "") for field in ("key", "operator", "value", "effect"))
    out = rule(f"{path}.key", key, names.qualified) if key else []
    if not key and operator != "Exists":
        out.append(invalid(f"{path}.operator", operator, _NO_KEY))
    if toleration.get("tolerationSeconds") is not None and effect != "NoExecute":
        out.append(invalid(f"{path}.effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"))
    if operator in ("", "Equal"):
        problems = names.label_value(value)
        out += [invalid(f"{path}.operator", value, ";".join(problems))] if problems else []
    elif operator == "Exists":
        if value:
            out.append(invalid(f"{path}.operator", value, "value must be empty when `operator` is 'Exists'"))
    else:
        known = ("Equal", "Exists", "Lt", "Gt") if operator in ("Lt", "Gt") else ("Equal", "Exists")
        out.append(unsupported(f"{path}.operator", operator, known))
    if effect and effect not in EFFECTS:
        out.append(unsupported(f"{path}.effect", effect, EFFECTS))
    return out


def affinity(found: Obj, path: str) -> Findings:
    """Which nodes, and Pods nearby, a Pod needs or prefers."""
    out: Findings = []
    node, at = found.get("nodeAffinity") or {}, f"{path}.nodeAffinity"
    if node.get(_REQUIRED) is not None:
        out += node_selector(node[_REQUIRED], f"{at}.{_REQUIRED}")
    for index, preferred in enumerate(node.get(_PREFERRED) or ()):
        base = f"{at}.{_PREFERRED}[{index}]"
        out += _weight(preferred, base)
        out += node_term(preferred.get("preference") or {}, f"{base}.preference", checks_values=False)
    for kind in ("podAffinity", "podAntiAffinity"):
        out += _pod_affinity(found.get(kind) or {}, f"{path}.{kind}")
    return out


def _weight(preferred: Obj, path: str) -> Findings:
    weight = preferred.get("weight", 0)
    return [] if 1 <= weight <= 100 else [invalid(f"{path}.weight", weight, "must be in the range 1-100")]


def _pod_affinity(found: Obj, path: str) -> Findings:
    out: Findings = []
    for index, term in enumerate(found.get(_REQUIRED) or ()):
        out += _pod_term(term, f"{path}.{_REQUIRED}[{index}]")
    for index, preferred in enumerate(found.get(_PREFERRED) or ()):
        base = f"{path}.{_PREFERRED}[{index}]"
        out += _weight(preferred, base) + _pod_term(preferred.get("podAffinityTerm") or {}, f"{base}.podAffinityTerm")
    return out


def _pod_term(term: Obj, path: str) -> Findings:
    out = label_selector(f"{path}.labelSelector", term.get("labelSelector"))
    out += label_selector(f"{path}.namespaceSelector", term.get("namespaceSelector"))
    for name in term.get("namespaces") or ():
        out += rule(f"{path}.namespace", name, names.label)
    out += _label_keys(term, path)
    key = term.get("topologyKey", "")
    if not key:
        out.append(required(f"{path}.topologyKey", "can not be empty"))
    return out + rule(f"{path}.topologyKey", key, names.qualified)


def _label_keys(term: Obj, path: str) -> Findings:
    selector = term.get("labelSelector")
    same, different = term.get("matchLabelKeys") or [], term.get("mismatchLabelKeys") or []
    out: Findings = []
    for field, keys in (("matchLabelKeys", same), ("mismatchLabelKeys", different)):
        if keys and selector is None:
            out.append(forbidden(f"{path}.{field}", "must not be specified when labelSelector is not set"))
        for index, key in enumerate(keys if selector is not None else ()):
            out += rule(f"{path}.{field}[{index}]", key, names.qualified)
    seen = set((selector or {}).get("matchLabels") or ())
    for expression in (selector or {}).get("matchExpressions") or ():
        key = expression.get("key", "")
        if key in same and key in seen:
            out.append(invalid(f"{path}[{same.index(key)}]", key, _BOTH))
        seen.add(key)
    text = "exists in both matchLabelKeys and mismatchLabelKeys"
    return out + [invalid(f"{path}.matchLabelKeys[{i}]", key, text) for i, key in enumerate(same) if key in different]


def spreading(found: list[Obj], path: str) -> Findings:
    """How evenly Pods are spread."""
    out: Findings = []
    for index, constraint in enumerate(found):
        out += _spread(constraint, f"{path}[{index}]", found[index + 1 :])
    return out


def _spread(constraint: Obj, path: str, others: list[Obj]) -> Findings:
    skew, key, action = constraint.get("maxSkew", 0), constraint.get("topologyKey", ""), constraint.get("whenUnsatisfiable", "")
    out: Findings = [] if skew > 0 else [invalid(f"{path}.maxSkew", skew, _POSITIVE)]
    if not key:
        out.append(required(f"{path}.topologyKey", "can not be empty"))
    if action not in _ACTIONS:
        out.append(unsupported(f"{path}.whenUnsatisfiable", action, _ACTIONS))
    if any((item.get("topologyKey", ""), item.get("whenUnsatisfiable", "")) == (key, action) for item in others):
        out.append(duplicate(f"{path}.{{topologyKey, whenUnsatisfiable}}", f"{{{key}, {action}}}"))
    least, at = constraint.get("minDomains"), f"{path}.minDomains"
    if least is not None and least <= 0:
        out.append(invalid(at, least, _POSITIVE))
    if least is not None and action != "DoNotSchedule":
        text = f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}"
        out.append(invalid(at, least, text))
    for field in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
        if constraint.get(field) is not None and constraint[field] not in _INCLUSIONS:
            out.append(unsupported(f"{path}.{field}", constraint[field], _INCLUSIONS))
    out += _spread_keys(constraint, f"{path}.matchLabelKeys")
    return out + label_selector(f"{path}.labelSelector", constraint.get("labelSelector"))


def _spread_keys(constraint: Obj, path: str) -> Findings:
    keys, selector = constraint.get("matchLabelKeys") or [], constraint.get("labelSelector")
    out: Findings = []
    if keys and selector is None:
        out.append(forbidden(path, "must not be specified when labelSelector is not set"))
    selected = set((selector or {}).get("matchLabels") or ())
    selected |= {expression.get("key", "") for expression in (selector or {}).get("matchExpressions") or ()}
    for index, key in enumerate(keys):
        out += rule(f"{path}[{index}]", key, names.qualified)
        if key in selected:
            out.append(invalid(f"{path}[{index}]", key, _BOTH))
    return out
