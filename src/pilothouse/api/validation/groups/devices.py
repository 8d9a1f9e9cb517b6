"""Rules of what claims devices, of the group resource.k8s.io; the expressions of selectors are left to who allocates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilothouse.api.findings import duplicate, internal_form, invalid, required, too_long, too_many, unsupported
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import IMMUTABLE, Findings, Obj, immutable, rule
from pilothouse.api.validation.groups.storage import driver_name

MAX_ITEMS, MAX_ALTERNATIVES, MAX_EXPRESSION = 32, 8, 10 * 1024
_MODES, _OPERATORS, _EFFECTS = ("All", "ExactCount"), ("Equal", "Exists"), ("NoExecute", "NoSchedule", "None")
_ONE_OF = "exactly one of `exactly` or `firstAvailable` is required"
_WHERE = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"


def claim(obj: Obj) -> Findings:
    """A new ResourceClaim."""
    return _claimed((obj.get("spec") or {}).get("devices") or {}, "spec.devices")


def claim_template(obj: Obj) -> Findings:
    """A new ResourceClaimTemplate."""
    return _claimed(((obj.get("spec") or {}).get("spec") or {}).get("devices") or {}, "spec.spec.devices")


def device_class(obj: Obj) -> Findings:
    """A new or changed DeviceClass."""
    spec = obj.get("spec") or {}
    out = _each(spec.get("selectors") or [], "spec.selectors", _selector)
    return out + _each(spec.get("config") or [], "spec.config", _opaque)


def _each(items: list[Any], path: str, check: Callable[[Any, str], Findings], most: int = MAX_ITEMS) -> Findings:
    out: Findings = [too_many(path, len(items), most)] if len(items) > most else []
    return out + [finding for index, item in enumerate(items) for finding in check(item, f"{path}[{index}]")]


def _unique(keys: list[str], path: str) -> Findings:
    return [duplicate(f"{path}[{index}]", key) for index, key in enumerate(keys) if key in keys[:index]]


def _claimed(devices: Obj, path: str) -> Findings:
    requests = devices.get("requests") or []
    known = {item.get("name", "") for item in requests}
    known |= {f"{item.get('name')}/{part.get('name')}" for item in requests for part in item.get("firstAvailable") or ()}
    out = _each(requests, f"{path}.requests", _request)
    out += _unique([item.get("name", "") for item in requests], f"{path}.requests")
    out += _each(devices.get("constraints") or [], f"{path}.constraints", lambda item, at: _constraint(item, at, known))
    return out + _each(
        devices.get("config") or [],
        f"{path}.config",
        lambda item, at: _references(item.get("requests") or [], f"{at}.requests", known) + _opaque(item, at),
    )


def _request(item: Obj, path: str) -> Findings:
    exact, alternatives = item.get("exactly"), item.get("firstAvailable") or []
    out = rule(f"{path}.name", item.get("name", ""), names.label)
    if exact is not None and alternatives:
        return [*out, invalid(path, None, f"{_ONE_OF}, but multiple fields are set")]
    if exact is not None:
        return out + _wanted(exact, f"{path}.exactly")
    if not alternatives:
        return [*out, required(path, _ONE_OF)]
    at = f"{path}.firstAvailable"
    out += _each(alternatives, at, _alternative, MAX_ALTERNATIVES)
    return out + _unique([part.get("name", "") for part in alternatives], at)


def _alternative(part: Obj, path: str) -> Findings:
    return rule(f"{path}.name", part.get("name", ""), names.label) + _wanted(part, path)


def _wanted(part: Obj, path: str) -> Findings:
    name, mode, count = part.get("deviceClassName"), part.get("allocationMode", ""), part.get("count", 0)
    at = f"{path}.deviceClassName"
    out = rule(at, name, names.subdomain) if name else [required(at)]
    out += _each(part.get("selectors") or [], f"{path}.selectors", _selector)
    if mode not in _MODES:
        out.append(unsupported(f"{path}.allocationMode", mode, _MODES))
    elif mode == "All" and count:
        out.append(invalid(f"{path}.count", count, "must not be specified when allocationMode is 'All'"))
    elif mode == "ExactCount" and count <= 0:
        out.append(invalid(f"{path}.count", count, "must be greater than zero"))
    for index, toleration in enumerate(part.get("tolerations") or ()):
        where, effect = f"{path}.tolerations[{index}]", toleration.get("effect")
        if toleration.get("operator") not in _OPERATORS:
            out.append(unsupported(f"{where}.operator", toleration.get("operator", ""), _OPERATORS))
        out += [unsupported(f"{where}.effect", effect, _EFFECTS)] if effect and effect not in _EFFECTS else []
    return out


def _selector(item: Obj, path: str) -> Findings:
    found = item.get("cel")
    if found is None:
        return [required(f"{path}.cel")]
    is_long = len(found.get("expression", "")) > MAX_EXPRESSION
    return [too_long(f"{path}.cel.expression", MAX_EXPRESSION)] if is_long else []


def _constraint(item: Obj, path: str, known: set[str]) -> Findings:
    out = _references(item.get("requests") or [], f"{path}.requests", known)
    if item.get("matchAttribute") is None and item.get("distinctAttribute") is None:
        text = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'
        out.append(required(path, text))
    return out


def _references(stated: list[str], path: str, known: set[str]) -> Findings:
    return _each(stated, path, lambda name, at: _reference(name, at, known)) + _unique(stated, path)


def _reference(name: str, path: str, known: set[str]) -> Findings:
    parts = name.split("/")
    if len(parts) > 2:
        return [invalid(path, name, _WHERE)]
    out = [finding for part in parts for finding in rule(path, part, names.label)]
    return out if name in known else [*out, invalid(path, name, _WHERE)]


def _opaque(item: Obj, path: str) -> Findings:
    found, at = item.get("opaque"), f"{path}.opaque"
    if found is None:
        return [required(at)]
    out = driver_name(found.get("driver", ""), f"{at}.driver")
    return out if found.get("parameters") is not None else [*out, required(f"{at}.parameters")]


def slice_update(new: Obj, old: Obj) -> Findings:
    """The driver of a ResourceSlice stays."""
    return immutable("spec.driver", (new.get("spec") or {}).get("driver"), (old.get("spec") or {}).get("driver"))


def claim_update(new: Obj, old: Obj) -> Findings:
    """The spec of a ResourceClaim stays."""
    if new.get("spec") == old.get("spec"):
        return []
    return [invalid("spec", internal_form("ResourceClaimSpec", new.get("spec") or {}), IMMUTABLE)]


def claim_template_update(new: Obj, old: Obj) -> Findings:
    """The spec of a ResourceClaimTemplate stays."""
    if new.get("spec") == old.get("spec"):
        return []
    return [invalid("spec", internal_form("ResourceClaimTemplateSpec", new.get("spec") or {}), IMMUTABLE)]
