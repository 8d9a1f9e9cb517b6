"""Rules of the addresses of a Service and of their families, on a cluster with addresses of one family."""

from __future__ import annotations

from pilothouse.api.findings import duplicate, invalid, unsupported
from pilothouse.api.validation.checks import Findings, Obj, ip_address, parse_ip

FAMILIES = ("IPv4", "IPv6")
POLICIES = ("PreferDualStack", "RequireDualStack", "SingleStack")
_ONCE = "may not change once set"
_IPS, _FAMILIES, _POLICY = "spec.clusterIPs", "spec.ipFamilies", "spec.ipFamilyPolicy"


def addresses_of(spec: Obj) -> list[str]:
    """Return the addresses of a Service, of which the first is also a field of its own."""
    first = spec.get("clusterIP", "")
    return list(spec.get("clusterIPs") or ([first] if first else []))


def is_headless(spec: Obj) -> bool:
    """Whether a Service has no address on purpose."""
    return addresses_of(spec) == ["None"]


def _family(address: str) -> str:
    parsed = parse_ip(address)
    return f"IPv{parsed.version}" if parsed is not None else ""


def cluster_addresses(spec: Obj) -> Findings:
    """The addresses and families of a Service agree with each other."""
    if spec.get("type") == "ExternalName":
        return []
    addresses, first, families = addresses_of(spec), spec.get("clusterIP", ""), spec.get("ipFamilies") or []
    out: Findings = []
    if addresses and not first:
        out.append(invalid(_IPS, addresses, "must be empty when `clusterIP` is not specified"))
    elif addresses and addresses[0] != first:
        out.append(invalid(_IPS, addresses, "first value must match `clusterIP`"))
    for index, family in enumerate(families):
        if family not in FAMILIES:
            out.append(unsupported(f"{_FAMILIES}[{index}]", family, FAMILIES))
        if family in families[:index]:
            out.append(duplicate(f"{_FAMILIES}[{index}]", family))
    policy = spec.get("ipFamilyPolicy")
    if policy is not None and policy not in POLICIES:
        out.append(unsupported(_POLICY, policy, POLICIES))
    found = _addresses(addresses)
    out += found
    if len(addresses) > 2:
        out.append(invalid(_IPS, addresses, "may only hold up to 2 values"))
    return out if found else out + _match(addresses, families)


def _addresses(addresses: list[str]) -> Findings:
    out: Findings = []
    for index, address in enumerate(addresses):
        if index == 0 and address == "None":
            if len(addresses) > 1:
                out.append(invalid(_IPS, addresses, "'None' must be the first and only value"))
            continue
        out += ip_address(f"{_IPS}[{index}]", address)
    return out


def _match(addresses: list[str], families: list[str]) -> Findings:
    out: Findings = []
    if len(addresses) > 1 and sorted({_family(address) for address in addresses}) != list(FAMILIES):
        out.append(invalid(_IPS, addresses, "may specify no more than one IP for each IP family"))
    for index, (address, family) in enumerate(zip(addresses, families, strict=False)):
        if addresses != ["None"] and family in FAMILIES and _family(address) != family:
            text = f"expected an {family} value as indicated by `ipFamilies[{index}]`"
            out.append(invalid(f"{_IPS}[{index}]", address, text))
    return out


def supported_families(spec: Obj) -> Findings:
    """What the families of the cluster, which are IPv4 alone, allow."""
    if spec.get("type") == "ExternalName":
        return []
    addresses, families, policy = addresses_of(spec), spec.get("ipFamilies") or [], spec.get("ipFamilyPolicy")
    out = _doubled(addresses, families, policy)
    for index, address in enumerate(addresses[len(families) :], len(families)):
        if address != "None" and _family(address) != "IPv4":
            text = f"{_family(address)} is not configured on this cluster"
            out.append(invalid(f"{_IPS}[{index}]", addresses, text))
    if out or (is_headless(spec) and not spec.get("selector")):
        return out
    if policy == "RequireDualStack":
        out.append(invalid(_POLICY, policy, "this cluster is not configured for dual-stack services"))
    others = [(index, family) for index, family in enumerate(families) if family != "IPv4"]
    return out + [invalid(f"{_FAMILIES}[{index}]", family, "not configured on this cluster") for index, family in others]


def _doubled(addresses: list[str], families: list[str], policy: str | None) -> Findings:
    if policy not in (None, "SingleStack"):
        return []
    kinds = [kind for kind, values in (("clusterIPs", addresses), ("ipFamilies", families)) if len(values) == 2]
    text = "must be RequireDualStack or PreferDualStack when multiple {} are specified"
    return [invalid(_POLICY, policy, text.format(kind)) for kind in kinds]


def address_changes(after: Obj, before: Obj) -> Findings:
    """Addresses and families stay, unless the Service had none or gets none."""
    if "ExternalName" in (after.get("type"), before.get("type")):
        return []
    out: Findings = []
    new, old = addresses_of(after), addresses_of(before)
    if not (is_headless(after) and is_headless(before)):
        out += _released(_IPS, new, old, after, "secondary clusterIP", "primary clusterIP can not be unset")
    if is_headless(after) or is_headless(before):
        return out
    families, former = after.get("ipFamilies") or [], before.get("ipFamilies") or []
    return out + (_family_changes(families, former, new, after) if families else [])


def _released(path: str, new: list[str], old: list[str], spec: Obj, what: str, unset: str) -> Findings:
    out: Findings = []
    if len(new) == len(old):
        return [invalid(f"{path}[{i}]", new, _ONCE) for i, (value, was) in enumerate(zip(new, old, strict=True)) if value != was]
    if len(old) > len(new) and not new:
        out.append(invalid(f"{path}[0]", None, unset))
    if old and new and new[0] != old[0]:
        out.append(invalid(f"{path}[0]", new, _ONCE))
    if len(old) > len(new) == 1 and spec.get("ipFamilyPolicy") != "SingleStack":
        text = f"must be set to 'SingleStack' when releasing the {what}"
        out.append(invalid(_POLICY, spec.get("ipFamilyPolicy"), text))
    return out


def _family_changes(new: list[str], old: list[str], addresses: list[str], spec: Obj) -> Findings:
    if len(new) == len(old):
        changed = sum(value != was for value, was in zip(new, old, strict=True))
        return [invalid(f"{_FAMILIES}[0]", new, _ONCE)] * changed
    out: Findings = []
    if old and new[0] != old[0]:
        out.append(invalid(f"{_FAMILIES}[0]", addresses, _ONCE))
    if len(old) > len(new) == 1 and spec.get("ipFamilyPolicy") != "SingleStack":
        text = "must be set to 'SingleStack' when releasing the secondary ipFamily"
        out.append(invalid(_POLICY, spec.get("ipFamilyPolicy"), text))
    return out
