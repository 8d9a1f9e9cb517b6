"""The declaration of health probes: one YAML or JSON text on the object, on its Application or in argocd-cm.

    http: {port: 8080, probePath: /ready}        one probe; or several, and how many of them have to be healthy:
    ---
    probes:
      - http: {port: http, probePath: /ready, pods: true}
      - prometheus: {server: "http://prometheus:9090", query: "sum(rate(orders_total[5m]))", compare: "> 0"}
      - program: {name: ledger, port: 9000}
    need: 2 of 3
    interval: 10s

Whatever is not known is refused, so that a mistyped setting is told and does not quietly judge less than was meant.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import yaml

from pilothouse.api.yamltext import check_yaml
from pilothouse.delivery.gitops.engine.probes.quorum import ALL, Need, read_need
from pilothouse.delivery.gitops.types.application import seconds
from pilothouse.kit.errors import Invalid

ANNOTATION = "pilothouse.dev/health-probe"
KEY = "resource.customizations.probe."
HTTP, GRPC, TCP, PROMETHEUS, PROGRAM, ENTRY_POINT = "http", "grpc", "tcp", "prometheus", "program", "entryPoint"
MAX_TEXT, MAX_PROBES, MAX_TIMEOUT_S, MIN_INTERVAL_S = 32 << 10, 20, 60.0, 0.1
_PLACE = {"port", "host"}
_FIELDS = {
    HTTP: _PLACE | {"probePath", "path", "url", "scheme", "insecureSkipVerify", "pods"},
    GRPC: _PLACE | {"service", "pods"},
    TCP: _PLACE | {"pods"},
    PROMETHEUS: {"server", "query", "compare", "insecureSkipVerify"},
    PROGRAM: {"name", "port", "probePath", "path", "args"},
    ENTRY_POINT: {"name", "port", "probePath", "path"},
}
_OF_PROBE = {"name", "timeout", "onFailure", "need"}
_OF_PLAN = {"probes", "need", "interval", "timeout", "healthyAfter", "unhealthyAfter", "progressDeadline", "onFailure"}
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">": operator.gt, "<": operator.lt,
}  # fmt: skip
_COMPARE = re.compile(r"\s*(>=|<=|==|!=|>|<)\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*")


class Probe(msgspec.Struct, frozen=True):
    """One question."""

    kind: str
    name: str
    timeout_s: float = 5.0
    fails_as_unhealthy: bool = False
    """Whether no answer counts against the object; else somebody else judges."""
    need: Need = ALL
    """How many of its addresses have to be healthy."""
    port: int | str = 0
    path: str = "/"
    host: str = ""
    url: str = ""
    scheme: str = "http"
    insecure: bool = False
    each_pod: bool = False
    service: str = ""
    server: str = ""
    query: str = ""
    compare: str = ""
    plugin: str = ""
    args: tuple[str, ...] = ()


class Plan(msgspec.Struct, frozen=True):
    """All that is asked about an object, how often, and what it takes to change one's mind."""

    probes: tuple[Probe, ...]
    need: Need = ALL
    interval_s: float = 10.0
    healthy_after: int = 1
    unhealthy_after: int = 3
    deadline_s: float = 600.0
    """How long an object that was never healthy is in progress before it is degraded."""


def read_plan(text: str) -> Plan:
    """Return what a declaration says; raises `Invalid`."""
    if len(text) > MAX_TEXT:
        raise Invalid(f"a health probe of {len(text)} bytes is longer than {MAX_TEXT}")
    try:
        check_yaml(text)
        raw = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Invalid(f"the health probe is not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(raw, Mapping):
        raise Invalid("the health probe is not a map", fix="write for instance: http: {port: 8080, probePath: /ready}")
    _refuse_unknown("the health probe", raw, _OF_PLAN | _OF_PROBE | set(_FIELDS))
    own = {key: value for key, value in raw.items() if key in _FIELDS or key in {"name", "need"}}
    listed = raw.get("probes")
    if listed is not None and (set(own) & set(_FIELDS) or not isinstance(listed, list) or not listed):
        raise Invalid("a health probe has either one kind of probe or a list `probes`")
    if len(listed or ()) > MAX_PROBES:
        raise Invalid(f"a health probe asks at most {MAX_PROBES} questions")
    timeout_s = _seconds(raw, "timeout", 5.0)
    probes = tuple(_probe(each, timeout_s, raw.get("onFailure")) for each in (listed or [own]))
    interval_s = max(_seconds(raw, "interval", 10.0), MIN_INTERVAL_S)
    return Plan(
        probes, read_need(raw.get("need")) if listed else ALL, interval_s, _count(raw, "healthyAfter", 1),
        _count(raw, "unhealthyAfter", 3), _seconds(raw, "progressDeadline", 600.0),
    )  # fmt: skip


def _probe(raw: Any, timeout_s: float, on_failure: Any) -> Probe:
    if not isinstance(raw, Mapping):
        raise Invalid("an entry of `probes` is not a map")
    kinds = [kind for kind in _FIELDS if kind in raw]
    if len(kinds) != 1:
        raise Invalid(f"a probe needs exactly one of {_list(set(_FIELDS))}; there are {len(kinds)}")
    _refuse_unknown("a probe", raw, _OF_PROBE | set(_FIELDS))
    kind = kinds[0]
    settings = {} if raw[kind] is None else raw[kind]
    if not isinstance(settings, Mapping):
        raise Invalid(f"the {kind} probe is not a map")
    _refuse_unknown(f"the {kind} probe", settings, _FIELDS[kind] | {"timeout"})
    timeout_s = _seconds(settings, "timeout", _seconds(raw, "timeout", timeout_s))
    if not 0 < timeout_s <= MAX_TIMEOUT_S:
        raise Invalid(f"a timeout of {timeout_s:g} s is not between 0 and {MAX_TIMEOUT_S:g} s")
    found = Probe(
        kind, str(raw.get("name") or settings.get("name") or kind), timeout_s,
        _fails_as_unhealthy(kind, raw.get("onFailure", on_failure)), read_need(raw.get("need")), _port(settings.get("port")),
        str(settings.get("probePath") or settings.get("path") or "/"), str(settings.get("host") or ""),
        str(settings.get("url") or ""), str(settings.get("scheme") or "http").lower(), settings.get("insecureSkipVerify") is True,
        settings.get("pods") is True, str(settings.get("service") or ""), str(settings.get("server") or ""),
        str(settings.get("query") or ""), str(settings.get("compare") or ""), str(settings.get("name") or ""),
        _args(settings.get("args")),
    )  # fmt: skip
    _check(found)
    return found


def _check(probe: Probe) -> None:
    if probe.kind == PROMETHEUS and not (probe.server and probe.query):
        raise Invalid("a prometheus probe needs `server` and `query`")
    if probe.compare:
        comparison(probe.compare)
    if probe.kind in {PROGRAM, ENTRY_POINT} and not re.fullmatch(r"[\w][\w.-]*", probe.plugin):
        raise Invalid(f"a {probe.kind} probe needs the `name` of a plugin; {probe.plugin!r} is none")
    if probe.scheme not in {"http", "https"} or (probe.url and not probe.url.startswith(("http://", "https://"))):
        raise Invalid("an http probe asks by http or https")


def comparison(text: str) -> Callable[[float], bool]:
    """Return what `> 0.99` says of a number; raises `Invalid`."""
    found = _COMPARE.fullmatch(text)
    try:
        bound = float(found[2]) if found else None
    except ValueError:
        bound = None
    if found is None or bound is None:
        raise Invalid(f"{text!r} is no comparison", fix="write for instance: compare: '> 0.99'")
    compare, limit = _OPERATORS[found[1]], bound
    return lambda value: compare(value, limit)


def _fails_as_unhealthy(kind: str, wanted: Any) -> bool:
    if wanted not in {None, "fallback", "unhealthy"}:
        raise Invalid(f"onFailure is fallback or unhealthy, not {wanted!r}")
    return wanted == "unhealthy" if wanted else kind in {HTTP, GRPC, TCP}


def _port(value: Any) -> int | str:
    if value is None or value == "":
        return 0
    if isinstance(value, bool) or not isinstance(value, int | str) or (isinstance(value, int) and not 0 <= value <= 65535):
        raise Invalid(f"{value!r} is no port")
    if isinstance(value, str) and value.isdigit():
        return _port(int(value))
    return value


def _args(value: Any) -> tuple[str, ...]:
    if value is not None and not isinstance(value, list):
        raise Invalid("`args` of a program is not a list")
    return tuple(str(each) for each in value or ())


def _seconds(raw: Mapping[str, Any], field: str, default: float) -> float:
    value = raw.get(field)
    if value is None:
        return default
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return float(value)
    found = seconds(value, -1.0)
    if found < 0:
        raise Invalid(f"{field}: {value!r} is no duration", fix="write for instance 10s or 1m30s")
    return found


def _count(raw: Mapping[str, Any], field: str, default: int) -> int:
    value = raw.get(field, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 100:
        raise Invalid(f"{field} is a number from 1 to 100, not {value!r}")
    return value


def _refuse_unknown(what: str, raw: Mapping[str, Any], known: set[str]) -> None:
    unknown = set(map(str, raw)) - known
    if unknown:
        raise Invalid(f"{what} has an unknown field {min(unknown)!r}", fix=f"known are {_list(known)}")


def _list(names: set[str]) -> str:
    return ", ".join(sorted(names))
