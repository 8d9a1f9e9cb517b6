"""The expression language as every API of the server offers it: its functions and the rules of named formats.

Built once, on the first use: a server without expressions never pays for it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from pilothouse.api.cel import Environment
from pilothouse.api.meta import names
from pilothouse.api.schema.formats import matches_format


def _matches(form: str, problem: str) -> Callable[[str], list[str]]:
    return lambda text: [] if matches_format(form, text) else [problem]


def _prefix(rule: Callable[[str], list[str]]) -> Callable[[str], list[str]]:
    return lambda text: rule(names.masked(text))


NAMED_FORMATS: dict[str, Callable[[str], list[str]]] = {
    "dns1123Label": names.label,
    "dns1123Subdomain": names.subdomain,
    "dns1035Label": names.label_1035,
    "dns1123LabelPrefix": _prefix(names.label),
    "dns1123SubdomainPrefix": _prefix(names.subdomain),
    "dns1035LabelPrefix": _prefix(names.label_1035),
    "qualifiedName": names.qualified,
    "labelValue": names.label_value,
    "uri": _matches("uri", "invalid URI for request"),
    "uuid": _matches("uuid", "does not match the UUID format"),
    "byte": _matches("byte", "invalid base64"),
    "date": _matches("date", "invalid date"),
    "datetime": _matches("date-time", "invalid datetime"),
}


@cache
def base_environment() -> Environment:
    """Return the environment without variables; callers extend it with theirs."""
    return Environment({}, named_formats=NAMED_FORMATS)
