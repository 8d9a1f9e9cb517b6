"""String formats of custom resource schemas; a format nobody knows is not checked."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from datetime import date, datetime
from urllib.parse import urlsplit

_DURATION = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))*|0")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_HOSTNAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?)*")
_UUID = re.compile("(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
_MAC = re.compile("(?i)([0-9a-f]{2}[:-]){5}[0-9a-f]{2}")


def _date_time(text: str) -> bool:
    if "T" not in text.upper():
        return False
    return datetime.fromisoformat(text).tzinfo is not None


def _uri(text: str) -> bool:
    parts = urlsplit(text)
    return bool(parts.scheme) or text.startswith("/")


def _byte(text: str) -> bool:
    base64.b64decode(text, validate=True)
    return True


_FORMATS: dict[str, Callable[[str], object]] = {
    "date-time": _date_time,
    "date": lambda text: date.fromisoformat(text),
    "duration": lambda text: bool(_DURATION.fullmatch(text)),
    "email": lambda text: bool(_EMAIL.fullmatch(text)),
    "hostname": lambda text: bool(_HOSTNAME.fullmatch(text)) and len(text) < 256,
    "ipv4": lambda text: ipaddress.IPv4Address(text),
    "ipv6": lambda text: ipaddress.IPv6Address(text),
    "cidr": lambda text: "/" in text and ipaddress.ip_network(text, strict=False),
    "uuid": lambda text: bool(_UUID.fullmatch(text)),
    "uri": _uri,
    "mac": lambda text: bool(_MAC.fullmatch(text)),
    "byte": _byte,
}


# Formats the reference server knows, without dashes; of those that have no check here any text is accepted.
_KNOWN = frozenset((
    "bsonobjectid", "byte", "cidr", "creditcard", "date", "datetime", "duration", "email", "hexcolor", "hostname", "ipv4", "ipv6",
    "isbn", "isbn10", "isbn13", "k8slongname", "k8sshortname", "mac", "password", "rgbcolor", "ssn", "uri", "uuid", "uuid3",
    "uuid4", "uuid5",
))  # fmt: skip


def is_known(form: str) -> bool:
    """Whether a format has a meaning."""
    return form.replace("-", "") in _KNOWN


def matches_format(form: str, text: str) -> bool:
    """Whether a text has a format."""
    check = _FORMATS.get(form)
    if check is None:
        return True
    try:
        return bool(check(text)) or form in ("ipv4", "ipv6", "date")
    except (ValueError, binascii.Error):
        return False
