"""Addresses, networks and URLs.

Source: Kubernetes CEL libraries url, ip and cidr. Addresses are canonical: no leading zeros, no zone, no IPv4 inside IPv6.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from pilothouse.api.cel.functions import Row
from pilothouse.api.cel.values import EvalError, Opaque, Url

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
CIDR = "net.CIDR"
MAX_LENGTH = 4096
_BAD_URL = re.compile(r"[\x00-\x20\x7f]|%(?![0-9A-Fa-f]{2})")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*")


def parse_ip(text: str) -> Address:
    """Return an address; raises `EvalError`."""
    try:
        address = ipaddress.ip_address(text[:MAX_LENGTH])
    except ValueError:
        raise EvalError(f'IP Address "{text[:100]}" parse error during conversion from string: ParseAddr("{text[:100]}"): '
                        "unable to parse IP") from None  # fmt: skip
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            raise EvalError(f'IP address "{text}" with zone value is not allowed')
        if address.ipv4_mapped is not None:
            raise EvalError(f'IPv4-mapped IPv6 address "{text}" is not allowed')
    return address


def parse_cidr(text: str) -> Opaque:
    """Return a network that remembers the address it was written with; raises `EvalError`."""
    shown = text[:100]
    address, slash, bits = text.partition("/")
    if not slash or not (bits.isascii() and bits.isdigit()) or (len(bits) > 1 and bits[0] == "0"):
        raise EvalError(f"network address parse error during conversion from string: netip.ParsePrefix(\"{shown}\"): no '/'")
    try:
        return Opaque(CIDR, ipaddress.ip_interface(f"{parse_ip(address)}/{bits}"))
    except ValueError:
        text = (
            f'network address parse error during conversion from string: netip.ParsePrefix("{shown}"): prefix length out of range'
        )
        raise EvalError(text) from None


def _succeeds(parse: Callable[[str], Any]) -> Callable[[str], bool]:
    def run(text: str) -> bool:
        try:
            parse(text)
        except EvalError:
            return False
        return True

    return run


def _is_global(address: Address) -> bool:
    never = address.is_unspecified or address.is_loopback or address.is_multicast or address.is_link_local
    return not never and address != ipaddress.ip_address("255.255.255.255")


def _is_link_multicast(address: Address) -> bool:
    network = "224.0.0.0/24" if address.version == 4 else "ff02::/16"
    return address in ipaddress.ip_network(network)


def _contains_ip(cidr: Opaque, address: Address) -> bool:
    return bool(cidr.data.version == address.version and address in cidr.data.network)


def _contains_cidr(cidr: Opaque, other: Opaque) -> bool:
    return bool(cidr.data.version == other.data.version and other.data.network.subnet_of(cidr.data.network))


def parse_url(text: str) -> Url:
    """Return an absolute URL or path; raises `EvalError`."""
    shown = text[:200]
    if not text:
        raise EvalError('URL parse error during conversion from string: parse "": empty url')
    if len(text) > MAX_LENGTH * 16 or _BAD_URL.search(text):
        raise EvalError(f'URL parse error during conversion from string: parse "{shown}": invalid character in URL')
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise EvalError(f'URL parse error during conversion from string: parse "{shown}": invalid host or port') from None
    if not text.startswith("/") and not (parts.scheme and _SCHEME.fullmatch(parts.scheme)):
        raise EvalError(f'URL parse error during conversion from string: parse "{shown}": invalid URI for request')
    return Url(text)


def _host(url: Url) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def _hostname(url: Url) -> str:
    host = _host(url)
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _port(url: Url) -> str:
    port = urlsplit(url).port
    return "" if port is None else str(port)


def _path(url: Url) -> str:
    return quote(unquote(urlsplit(url).path), safe="/:@!$&'()*+,;=~")


ROWS: list[Row] = [
    ("isURL", "(string) bool", _succeeds(parse_url)),
    ("url", "(string) kubernetes.URL", parse_url),
    ("getScheme", "kubernetes.URL.() string", lambda url: urlsplit(url).scheme),
    ("getHost", "kubernetes.URL.() string", _host),
    ("getHostname", "kubernetes.URL.() string", _hostname),
    ("getPort", "kubernetes.URL.() string", _port),
    ("getEscapedPath", "kubernetes.URL.() string", _path),
    ("getQuery", "kubernetes.URL.() map<string, list<string>>",
     lambda url: parse_qs(urlsplit(url).query, keep_blank_values=True, max_num_fields=1000)),
    ("isIP", "(string) bool", _succeeds(parse_ip)),
    ("ip", "(string) net.IP", parse_ip),
    ("ip.isCanonical", "(string) bool", lambda text: str(parse_ip(text)) == text),
    ("string", "(net.IP) string", str),
    ("family", "net.IP.() int", lambda address: address.version),
    ("isUnspecified", "net.IP.() bool", lambda address: address.is_unspecified),
    ("isLoopback", "net.IP.() bool", lambda address: address.is_loopback),
    ("isLinkLocalUnicast", "net.IP.() bool", lambda address: address.is_link_local),
    ("isLinkLocalMulticast", "net.IP.() bool", _is_link_multicast),
    ("isGlobalUnicast", "net.IP.() bool", _is_global),
    ("isCIDR", "(string) bool", _succeeds(parse_cidr)),
    ("cidr", "(string) net.CIDR", parse_cidr),
    ("string", "(net.CIDR) string", lambda cidr: str(cidr.data)),
    ("containsIP", "net.CIDR.(net.IP) bool", _contains_ip),
    ("containsIP", "net.CIDR.(string) bool", lambda cidr, text: _contains_ip(cidr, parse_ip(text))),
    ("containsCIDR", "net.CIDR.(net.CIDR) bool", _contains_cidr),
    ("containsCIDR", "net.CIDR.(string) bool", lambda cidr, text: _contains_cidr(cidr, parse_cidr(text))),
    ("ip", "net.CIDR.() net.IP", lambda cidr: cidr.data.ip),
    ("masked", "net.CIDR.() net.CIDR", lambda cidr: parse_cidr(str(cidr.data.network))),
    ("prefixLength", "net.CIDR.() int", lambda cidr: cidr.data.network.prefixlen),
]  # fmt: skip
