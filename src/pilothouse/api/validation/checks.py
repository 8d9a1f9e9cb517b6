"""Small checks shared by the rules of many kinds."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from typing import Any

from pilothouse.api.findings import FieldError, forbidden, invalid, required, unsupported
from pilothouse.api.meta import names
from pilothouse.api.quantity import InvalidQuantity, parse_quantity

Obj = dict[str, Any]
Findings = list[FieldError]
AT_LEAST_ZERO = "must be greater than or equal to 0"
PORT_RANGE = "must be between 1 and 65535, inclusive"
IP_TEXT = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
CIDR_TEXT = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
PERCENT_TEXT = (
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex "
    "used for validation is "
    "'[0-9]+%')"
)
IMMUTABLE = "field is immutable"
PROTOCOLS = ("SCTP", "TCP", "UDP")
SHARED_PODS = ipaddress.ip_network("127.244.0.0/16")
"""See `cluster/nodeagent/engine/services.py`."""
_LINK_LOCAL_MULTICAST = (ipaddress.ip_network("224.0.0.0/24"), ipaddress.ip_network("ff02::/16"))
_HTTP_PATH = re.compile(r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+")
_PORT_NAME = re.compile(r"[-a-z0-9]+")
_LEADING_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")


def rule(path: str, value: str, check: Callable[[str], list[str]]) -> Findings:
    """Return a finding for each problem a name rule has with a text."""
    return [invalid(path, value, problem) for problem in check(value)]


def exactly_one(path: str, kinds: list[str], holder: Obj, noun: str, check: Callable[[str, Any, str], Findings]) -> Findings:
    """Of the members `kinds` of a union one is checked, further ones are forbidden, none is a finding too."""
    if not kinds:
        return [required(path, f"must specify a {noun} type")]
    out = check(kinds[0], holder[kinds[0]], f"{path}.{kinds[0]}")
    return out + [forbidden(f"{path}.{kind}", f"may not specify more than 1 {noun} type") for kind in kinds[1:]]


def non_negative(path: str, value: Any) -> Findings:
    """A number may not be below zero; None is fine."""
    return [invalid(path, value, AT_LEAST_ZERO)] if value is not None and value < 0 else []


def all_non_negative(base: str, obj: Obj, *fields: str) -> Findings:
    """Check several numbers of one object."""
    return [finding for field in fields for finding in non_negative(f"{base}.{field}", obj.get(field))]


def one_of(path: str, value: Any, allowed: Iterable[str], *, needed: bool = False) -> Findings:
    """A text must be one of those allowed; an absent one is a finding only when it is needed, an empty one always."""
    if value is None or (needed and not value):
        return [required(path)] if needed else []
    return [] if value in allowed else [unsupported(path, value, allowed)]


def port_number(path: str, value: Any) -> Findings:
    """A port must be between 1 and 65535."""
    return [] if isinstance(value, int) and 1 <= value <= 65535 else [invalid(path, value, PORT_RANGE)]


def port_name(path: str, value: str) -> Findings:
    """A port name is an IANA service name."""
    out: Findings = []
    if len(value) > 15:
        out.append(invalid(path, value, "must be no more than 15 characters"))
    if not _PORT_NAME.fullmatch(value):
        out.append(invalid(path, value, "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"))
    if not re.search("[a-z]", value):
        out.append(invalid(path, value, "must contain at least one letter (a-z)"))
    if "--" in value:
        out.append(invalid(path, value, "must not contain consecutive hyphens"))
    if value[:1] == "-" or value[-1:] == "-":
        out.append(invalid(path, value, "must not begin or end with a hyphen"))
    return out


def port_or_name(path: str, value: Any) -> Findings:
    """A port given by number or name."""
    return port_name(path, value) if isinstance(value, str) else port_number(path, value)


def parse_ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return an address, or None; zeros before a number do not matter, and an IPv4 address in the form of an IPv6 one is one."""
    try:
        found = ipaddress.ip_address(_without_zeros(text)) if "%" not in text else None
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found


def _without_zeros(text: str) -> str:
    return text if ":" in text else _LEADING_ZEROS.sub("", text)


def ip_address(path: str, value: str) -> Findings:
    """A text must be an IP address, written as such."""
    parsed = parse_ip(value)
    if parsed is None:
        return [invalid(path, value, IP_TEXT)]
    if ":" in value and parsed.version == 4:
        return [invalid(path, value, "must not be an IPv4-mapped IPv6 address")]
    return [invalid(path, value, "must not have leading 0s")] if _without_zeros(value) != value else []


def canonical_ip(text: str) -> list[str]:
    """Return what keeps a name from being an IP address in its shortest form."""
    problems = [finding.detail for finding in ip_address("", text)]
    if problems or text == str(parse_ip(text)):
        return problems
    return [f'must be in canonical form ("{parse_ip(text)}")']


def _is_of_a_pod(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Where Pods share the machine's network (no user namespaces), they have addresses of its loopback network."""
    return address.version == 4 and address in SHARED_PODS


def special_ip(path: str, value: str) -> Findings:
    """An address outside the ranges that never leave a machine."""
    address = parse_ip(value)
    if address is None:
        return [invalid(path, value, "must be a valid IP address")]
    checks = (
        (address.is_unspecified, f"may not be unspecified ({value})"),
        (address.is_loopback and not _is_of_a_pod(address), "may not be in the loopback range (127.0.0.0/8, ::1/128)"),
        (address.is_link_local, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"),
        (
            any(address.version == net.version and address in net for net in _LINK_LOCAL_MULTICAST),
            "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)",
        ),
    )
    return [invalid(path, value, text) for holds, text in checks if holds]


def parse_cidr(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """Return a network, or None."""
    address, _, prefix = text.partition("/")
    if not prefix.isdecimal():
        return None
    try:
        return ipaddress.ip_network(f"{_without_zeros(address)}/{int(prefix)}", strict=False)
    except ValueError:
        return None


def cidr(path: str, value: str) -> Findings:
    """A text must be a network, written as such."""
    network = parse_cidr(value)
    if network is None:
        return [invalid(path, value, CIDR_TEXT)]
    address, _, prefix = value.partition("/")
    parsed = parse_ip(address)
    if prefix != str(int(prefix)) or _without_zeros(address) != address:
        return [invalid(path, value, "must not have leading 0s in IP or prefix length")]
    if ":" in address and parsed is not None and parsed.version == 4:
        return [invalid(path, value, "must not have an IPv4-mapped IPv6 address")]
    return [] if parsed == network.network_address else [invalid(path, value, "must not have bits set beyond the prefix length")]


def quantity(value: Any) -> float:
    """Return a quantity as a number; 0 when it cannot be read, which decoding has refused before."""
    try:
        return float(parse_quantity(value))
    except InvalidQuantity:
        return 0.0


def non_negative_quantity(path: str, value: str) -> Findings:
    """A quantity may not be below zero."""
    return [invalid(path, value, AT_LEAST_ZERO)] if quantity(value) < 0 else []


def positive_quantity(path: str, value: str) -> Findings:
    """A quantity must be above zero."""
    return [invalid(path, value, "must be greater than zero")] if quantity(value) <= 0 else []


def int_or_percent(path: str, value: Any) -> Findings:
    """A count of at least zero, or a percentage."""
    if isinstance(value, str):
        return [] if re.fullmatch("[0-9]+%", value) else [invalid(path, value, PERCENT_TEXT)]
    return non_negative(path, value)


def at_most_100(path: str, value: Any) -> Findings:
    """A percentage of at most 100."""
    if isinstance(value, str) and re.fullmatch("[0-9]+%", value) and int(value[:-1]) > 100:
        return [invalid(path, value, "must not be greater than 100%")]
    return []


def is_zero(value: Any) -> bool:
    """Whether a count or percentage is nothing."""
    return value in (0, "0%", None)


def label_selector(path: str, selector: Obj | None, *, allow_bad_values: bool = False) -> Findings:
    """The labels and expressions of a LabelSelector."""
    out: Findings = []
    if selector is None:
        return out
    for key, value in sorted((selector.get("matchLabels") or {}).items()):
        out += rule(f"{path}.matchLabels", key, names.qualified)
        out += [invalid(f"{path}.matchLabels", value, problem) for problem in names.label_value(value)]
    for index, expression in enumerate(selector.get("matchExpressions") or ()):
        out += _expression(f"{path}.matchExpressions[{index}]", expression)
    return out


def _expression(path: str, expression: Obj) -> Findings:
    out: Findings = []
    operator, values = expression.get("operator", ""), expression.get("values") or []
    if operator in ("In", "NotIn"):
        if not values:
            out.append(required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'"))
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            out.append(forbidden(f"{path}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
    else:
        out.append(invalid(f"{path}.operator", operator, "not a valid selector operator"))
    out += rule(f"{path}.key", expression.get("key", ""), names.qualified)
    for index, value in enumerate(values):
        out += [invalid(f"{path}.values[{index}]", value, problem) for problem in names.label_value(value)]
    return out


def immutable(path: str, new: Any, old: Any) -> Findings:
    """A value that may not change."""
    return [] if new == old else [invalid(path, new, IMMUTABLE)]


def no_backsteps(path: str, value: str) -> Findings:
    """A path may not climb."""
    return [invalid(path, value, "must not contain '..'")] if ".." in value.split("/") else []


def domain_prefixed_path(path: str, value: str) -> Findings:
    """A domain, a slash and a path below it."""
    if not value:
        return [required(path)]
    domain, _, rest = value.partition("/")
    if not domain or not rest:
        return [invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')]
    out = rule(path, domain, names.subdomain)
    if not _HTTP_PATH.fullmatch(rest):
        out.append(invalid(path, rest, f"Invalid path (regex used for validation is '{_HTTP_PATH.pattern}')"))
    return out


def relative_path(path: str, value: str) -> Findings:
    """A path below something."""
    out = [invalid(path, value, "must be a relative path")] if value.startswith("/") else []
    return out + no_backsteps(path, value)
