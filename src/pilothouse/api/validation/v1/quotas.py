"""Rules of LimitRanges and ResourceQuotas."""

from __future__ import annotations

from pilothouse.api.findings import duplicate, forbidden, invalid, required
from pilothouse.api.meta import names
from pilothouse.api.quantity import compare, parse_quantity
from pilothouse.api.validation.checks import IMMUTABLE, Findings, Obj, rule
from pilothouse.api.validation.v1.resources import (
    QUOTA_NAMES,
    container_resource,
    is_shared,
    quantity_of,
    quota_resource,
    resource_name,
)

_KINDS = ("Pod", "Container", "PersistentVolumeClaim")
_SIDES = ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")
_COMPUTE = frozenset(("cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"))
_POD_SCOPES = ("Terminating", "NotTerminating", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity")
_ALLOWED = {
    **{scope: _COMPUTE | {"pods"} for scope in _POD_SCOPES},
    "BestEffort": frozenset(("pods",)),
    "VolumeAttributesClass": frozenset(("persistentvolumeclaims", "requests.storage")),
}
"""Which of the standard resources a scope can be about."""
_PAIRS = ({"BestEffort", "NotBestEffort"}, {"Terminating", "NotTerminating"})
_ONLY_EXISTS = ("BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "CrossNamespacePodAffinity")
_EXISTS_TEXT = (
    "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "
    "ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
)


def limit_range(obj: Obj) -> Findings:
    """A new LimitRange."""
    out: Findings = []
    seen: set[str] = set()
    for index, item in enumerate(obj["spec"].get("limits") or ()):
        path, kind = f"spec.limits[{index}]", item.get("type", "")
        out += _kind(f"{path}.type", kind)
        if kind in seen:
            out.append(duplicate(f"{path}.type", kind))
        seen.add(kind)
        out += _names(item, path, kind)
        for name in sorted({name for side in _SIDES for name in item.get(side) or ()}):
            out += _amounts(name, {side: (item.get(side) or {}).get(name) for side in _SIDES}, path, kind)
    return out


def _kind(path: str, kind: str) -> Findings:
    out = rule(path, kind, names.qualified)
    if out or "/" in kind or kind in _KINDS:
        return out
    return [invalid(path, kind, "must be a standard limit type or fully qualified")]


def _names(item: Obj, path: str, kind: str) -> Findings:
    check = container_resource if kind in ("Pod", "Container") else resource_name
    out: Findings = []
    for side in _SIDES:
        found = item.get(side) or {}
        if kind == "Pod" and side in ("default", "defaultRequest"):
            out += [forbidden(f"{path}.{side}", "may not be specified when `type` is 'Pod'")] if found else []
        else:
            out += [finding for name in sorted(found) for finding in check(f"{path}.{side}[{name}]", name)]
        is_claim = kind == "PersistentVolumeClaim" and side == "defaultRequest"
        if is_claim and not any("storage" in (item.get(bound) or {}) for bound in ("min", "max")):
            text = "either minimum or maximum storage value is required, but neither was provided"
            out.append(required(f"{path}.limits", text))
    return out


def _amounts(name: str, of: dict[str, str | None], path: str, kind: str) -> Findings:
    least, most, ratio = of["min"], of["max"], of["maxLimitRequestRatio"]
    limit, request = (None, None) if kind == "Pod" else (of["default"], of["defaultRequest"])
    rows = (
        ("min", least, "min value", least, "max value", most),
        ("defaultRequest", request, "min value", least, "default request value", request),
        ("defaultRequest", request, "default request value", request, "max value", most),
        ("defaultRequest", request, "default request value", request, "default limit value", limit),
        ("default", least, "min value", least, "default value", limit),
        ("default", most, "default value", limit, "max value", most),
    )
    out: Findings = []
    for side, shown, less, low, more, high in rows:
        if low is not None and high is not None and compare(low, high) > 0:
            out.append(invalid(f"{path}.{side}[{name}]", shown, f"{less} {low} is greater than {more} {high}"))
    if ratio is not None:
        out += _ratio(f"{path}.maxLimitRequestRatio[{name}]", ratio, least, most)
    if limit is not None and request is not None and not is_shared(name) and compare(limit, request):
        text = f"default value {limit} must equal to defaultRequest value {request} in {name}"
        out.append(invalid(f"{path}.defaultRequest[{name}]", request, text))
    return out


def _ratio(path: str, ratio: str, least: str | None, most: str | None) -> Findings:
    out: Findings = [invalid(path, ratio, f"ratio {ratio} is less than 1")] if compare(ratio, "1") < 0 else []
    if least is None or most is None or not parse_quantity(least):
        return out
    bound = float(parse_quantity(most) / parse_quantity(least))
    if float(parse_quantity(ratio)) > bound:
        out.append(invalid(path, ratio, f"ratio {ratio} is greater than max/min = {bound:f}"))
    return out


def resource_quota(obj: Obj) -> Findings:
    """A new ResourceQuota."""
    out = _spec(obj.get("spec") or {})
    return out + _status(obj.get("status") or {})


def _spec(spec: Obj) -> Findings:
    out = _hard(spec.get("hard") or {}, "spec.hard")
    out += _scopes(spec)
    selector = spec.get("scopeSelector")
    return out + (_selector(selector, spec) if selector is not None else [])


def _hard(amounts: Obj, path: str) -> Findings:
    out: Findings = []
    for name, value in sorted(amounts.items()):
        at = f"{path}[{name}]"
        out += quota_resource(at, name) + quantity_of(name, at, value)
    return out


def _status(status: Obj) -> Findings:
    return _hard(status.get("hard") or {}, "status.hard") + _hard(status.get("used") or {}, "status.used")


def _is_measured(name: str) -> bool:
    return name in QUOTA_NAMES or name.startswith(("hugepages-", "requests.hugepages-"))


def _misfits(scope: str, spec: Obj) -> int:
    """Return how many limits a scope cannot be about."""
    allowed = _ALLOWED.get(scope)
    return sum(allowed is not None and _is_measured(name) and name not in allowed for name in spec.get("hard") or ())


def _scopes(spec: Obj) -> Findings:
    scopes, path = spec.get("scopes") or [], "spec.scopes"
    out: Findings = []
    for scope in scopes:
        out += [] if scope in _ALLOWED else [invalid(path, scopes, "unsupported scope")]
        out += [invalid(path, scopes, "unsupported scope applied to resource")] * _misfits(scope, spec)
    return out + [invalid(path, scopes, "conflicting scopes") for pair in _PAIRS if pair <= set(scopes)]


def _selector(selector: Obj, spec: Obj) -> Findings:
    path, found = "spec.scopeSelector.matchExpressions", selector.get("matchExpressions") or []
    out: Findings = []
    for item in found:
        scope, operator, values = item.get("scopeName", ""), item.get("operator", ""), item.get("values") or []
        out += [] if scope in _ALLOWED else [invalid(f"{path}.scopeName", scope, "unsupported scope")]
        shown = {"MatchExpressions": [_shown(expression) for expression in found]}
        out += [invalid(path, shown, "unsupported scope applied to resource")] * _misfits(scope, spec)
        if scope in _ONLY_EXISTS and operator != "Exists":
            out.append(invalid(f"{path}.operator", operator, _EXISTS_TEXT))
        out += _operator(operator, values, path)
    scopes = {item.get("scopeName", "") for item in found}
    stated = spec.get("scopes")
    return out + [invalid(path, stated, "conflicting scopes") for pair in _PAIRS if pair <= scopes]


def _shown(expression: Obj) -> Obj:
    return {
        "ScopeName": expression.get("scopeName", ""),
        "Operator": expression.get("operator", ""),
        "Values": expression.get("values") or None,
    }


def _operator(operator: str, values: list[str], path: str) -> Findings:
    if operator in ("In", "NotIn"):
        text = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
        return [] if values else [required(f"{path}.values", text)]
    if operator in ("Exists", "DoesNotExist"):
        text = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
        return [invalid(f"{path}.values", values, text)] if values else []
    return [invalid(f"{path}.operator", operator, "not a valid selector operator")]


def resource_quota_update(new: Obj, old: Obj) -> Findings:
    """The scopes of a quota stay."""
    after, before = ((obj.get("spec") or {}).get("scopes") for obj in (new, old))
    out = _spec(new.get("spec") or {})
    return out if set(after or ()) == set(before or ()) else [*out, invalid("spec.scopes", after, IMMUTABLE)]


def resource_quota_status(new: Obj, old: Obj) -> Findings:
    """What is limited and used."""
    return _status(new.get("status") or {})
