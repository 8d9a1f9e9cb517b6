"""Rules of names and the network of a Pod: DNS, host names, aliases, ports of the node."""

from __future__ import annotations

import re

from pilothouse.api.findings import forbidden, invalid, required, too_long
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import Findings, Obj, ip_address, rule

_MAX_SERVERS, _MAX_SEARCHES, _MAX_SEARCH_LENGTH, _MAX_HOSTNAME = 3, 32, 2048, 64
_LABEL = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_SEARCH = rf"{_LABEL}(\.{_LABEL})*"
_SEARCH_TEXT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end "
    f"with an alphanumeric character (e.g. 'example.com', regex used for validation is '{_SEARCH}')"
)


def dns(spec: Obj, path: str) -> Findings:
    """How a Pod resolves names."""
    config, at = spec.get("dnsConfig"), f"{path}.dnsConfig"
    if spec.get("dnsPolicy") == "None":
        if config is None:
            return [required(at, "must provide `dnsConfig` when `dnsPolicy` is None")]
        if not config.get("nameservers"):
            return [required(f"{at}.nameservers", "must provide at least one DNS nameserver when `dnsPolicy` is None")]
    if config is None:
        return []
    servers = config.get("nameservers") or []
    out: Findings = []
    if len(servers) > _MAX_SERVERS:
        out.append(invalid(f"{at}.nameservers", servers, f"must not have more than {_MAX_SERVERS} nameservers"))
    for index, server in enumerate(servers):
        out += ip_address(f"{at}.nameservers[{index}]", server)
    out += _searches(config.get("searches") or [], f"{at}.searches")
    for index, option in enumerate(config.get("options") or ()):
        if not option.get("name"):
            out.append(required(f"{at}.options[{index}]", "must not be empty"))
    return out


def _searches(searches: list[str], path: str) -> Findings:
    out: Findings = []
    if len(searches) > _MAX_SEARCHES:
        out.append(invalid(path, searches, f"must not have more than {_MAX_SEARCHES} search paths"))
    if len(" ".join(searches).encode()) > _MAX_SEARCH_LENGTH:
        text = f"must not have more than {_MAX_SEARCH_LENGTH} characters (including spaces) in the search list"
        out.append(invalid(path, searches, text))
    for index, search in enumerate(searches):
        if search != ".":
            out += rule(f"{path}[{index}]", search.removesuffix("."), _search_problems)
    return out


def _search_problems(text: str) -> list[str]:
    out = [names.too_many_characters(253)] if len(text) > 253 else []
    return out if re.fullmatch(_SEARCH, text) else [*out, _SEARCH_TEXT]


def host_aliases(found: list[Obj], path: str) -> Findings:
    """Lines for the hosts file."""
    out: Findings = []
    for index, alias in enumerate(found):
        out += ip_address(f"{path}[{index}].ip", alias.get("ip", ""))
        for number, name in enumerate(alias.get("hostnames") or ()):
            out += rule(f"{path}[{index}].hostnames[{number}]", name, names.subdomain)
    return out


def host_ports(spec: Obj, path: str, *, is_pod: bool) -> Findings:
    """On the network of the node a port has one number; in a template it may still be open."""
    out: Findings = []
    for index, container in enumerate(spec.get("containers") or () if spec.get("hostNetwork") else ()):
        for number, port in enumerate(container.get("ports") or ()):
            host = port.get("hostPort", 0)
            if (is_pod or host) and host != port.get("containerPort", 0):
                at = f"{path}.containers[{index}].ports[{number}].hostPort"
                out.append(invalid(at, host, "must match `containerPort` when `hostNetwork` is true"))
    return out


def hostname_override(spec: Obj, path: str) -> Findings:
    """A host name that replaces the one a Pod would have."""
    name, at = spec.get("hostnameOverride"), f"{path}.hostnameOverride"
    if name is None:
        return []
    flags = [flag for flag in ("setHostnameAsFQDN", "hostNetwork") if spec.get(flag)]
    out: Findings = [forbidden(at, f"may not be specified when {flag} is true") for flag in flags]
    if len(name.encode()) > _MAX_HOSTNAME:
        out.append(too_long(at, _MAX_HOSTNAME))
    return out + rule(at, name, names.subdomain)
