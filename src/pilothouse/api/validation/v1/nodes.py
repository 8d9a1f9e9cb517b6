"""Rules of Nodes and Namespaces."""

from __future__ import annotations

from pilothouse.api.findings import FieldError, duplicate, forbidden, invalid, required, unsupported
from pilothouse.api.findings.internalform import internal_form
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import Findings, Obj, cidr, parse_cidr, rule
from pilothouse.api.validation.meta import finalizer_name
from pilothouse.api.validation.v1.resources import quantity_of

_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_PHASES = (("Active", "empty"), ("Terminating", "not empty"))


def node(obj: Obj) -> Findings:
    """A new Node."""
    spec = obj.get("spec") or {}
    out = _taints(spec.get("taints") or []) + _amounts(obj.get("status") or {})
    ranges = spec.get("podCIDRs") or ([spec["podCIDR"]] if spec.get("podCIDR") else [])
    for index, text in enumerate(ranges):
        out += cidr(f"spec.podCIDRs[{index}]", text)
    if len(ranges) > 1:
        versions = [parsed.version for parsed in map(parse_cidr, ranges) if parsed is not None]
        if sorted(versions) != [4, 6]:
            out.append(invalid("spec.podCIDRs", ranges, "may specify no more than one CIDR for each IP family"))
        out += [duplicate(f"spec.podCIDRs[{i}]", text) for i, text in enumerate(ranges) if text in ranges[:i]]
    return out


def _taints(taints: list[Obj]) -> Findings:
    out: Findings = []
    seen: set[tuple[str, str]] = set()
    for index, taint in enumerate(taints):
        path, effect, value = f"metadata.taints[{index}]", taint.get("effect", ""), taint.get("value", "")
        key = (taint.get("key", ""), effect)
        out += rule(f"{path}.key", key[0], names.qualified)
        problems = names.label_value(value)
        out += [invalid(f"{path}.value", value, ";".join(problems))] if problems else []
        if not effect:
            out.append(required(f"{path}.effect"))
        elif effect not in _EFFECTS:
            out.append(unsupported(f"{path}.effect", effect, _EFFECTS))
        if key in seen:
            shown = internal_form("Taint", taint)
            reason = duplicate(path, shown).reason
            out.append(FieldError(path, reason, shown, "taints must be unique by key and effect pair"))
        seen.add(key)
    return out


def _amounts(status: Obj) -> Findings:
    out: Findings = []
    for field in ("capacity", "allocatable"):
        for name, value in sorted((status.get(field) or {}).items()):
            out += quantity_of(name, f"status.{field}.{name}", value)
    return out


def node_update(new: Obj, old: Obj) -> Findings:
    """The address ranges and the provider of a Node stay once they are set."""
    after, before = new.get("spec") or {}, old.get("spec") or {}
    out = _amounts(new.get("status") or {})
    addresses = (new.get("status") or {}).get("addresses") or []
    for index, address in enumerate(addresses):
        if address in addresses[:index]:
            shown = {"Type": address.get("type", ""), "Address": address.get("address", "")}
            out.append(duplicate(f"status.addresses[{index}]", shown))
    ranges, former = (spec.get("podCIDRs") or ([spec["podCIDR"]] if spec.get("podCIDR") else []) for spec in (after, before))
    changed = 1 if len(ranges) != len(former) else sum(one != other for one, other in zip(ranges, former, strict=True))
    if former:
        out += [forbidden("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid')] * changed
    provider = before.get("providerID", "")
    if provider and after.get("providerID", "") != provider:
        out.append(forbidden("spec.providerID", 'node updates may not change providerID except from "" to valid'))
    out += _taints(after.get("taints") or [])
    if after.get("externalID", "") != before.get("externalID", ""):
        out.append(forbidden("spec.externalID", "may not be updated"))
    return out


def namespace(obj: Obj) -> Findings:
    """A new Namespace."""
    return [f for name in (obj.get("spec") or {}).get("finalizers") or () for f in finalizer_name(name, "spec.finalizers")]


def namespace_finalize(new: Obj, old: Obj) -> Findings:
    """What still keeps a Namespace."""
    found = (new.get("spec") or {}).get("finalizers") or []
    return [f for index, name in enumerate(found) for f in finalizer_name(name, f"spec.finalizers[{index}]")]


def namespace_status(new: Obj, old: Obj) -> Findings:
    """Only a Namespace being deleted terminates."""
    phase = (new.get("status") or {}).get("phase", "")
    wanted, word = _PHASES[bool(new["metadata"].get("deletionTimestamp"))]
    if phase in ("", wanted):
        return []
    return [invalid("status.Phase", phase, f"may only be '{wanted}' if `deletionTimestamp` is {word}")]
