"""Rules of probes and of what runs when a container starts and stops."""

from __future__ import annotations

import re

from pilothouse.api.findings import forbidden, invalid, required, unsupported
from pilothouse.api.validation.checks import Findings, Obj, all_non_negative, exactly_one, one_of, port_number, port_or_name
from pilothouse.api.validation.pods.surroundings import Surroundings

PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_NUMBERS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
_HEADER = re.compile("[-A-Za-z0-9]+")
_HEADER_TEXT = (
    "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is "
    "'[-A-Za-z0-9]+')"
)
_WINDOWS_SIGNALS = ("SIGKILL", "SIGTERM")
_REALTIME = ("SIGRTMIN", "SIGRTMAX", *(f"SIGRTMIN+{n}" for n in range(1, 16)), *(f"SIGRTMAX-{n}" for n in range(1, 15)))
_PLAIN = (
    "ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN "
    "TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ"
)
_LINUX_SIGNALS = tuple(sorted((*_REALTIME, *(f"SIG{name}" for name in _PLAIN.split()))))


def running_rules(container: Obj, path: str, pod: Surroundings) -> Findings:
    """Lifecycle and probes of a container that keeps running."""
    out: Findings = []
    if container.get("lifecycle") is not None:
        out += _lifecycle(container["lifecycle"], f"{path}.lifecycle", pod)
    for kind in PROBES:
        if container.get(kind) is not None:
            out += _probe(container[kind], f"{path}.{kind}", kind)
    return out


def _lifecycle(lifecycle: Obj, path: str, pod: Surroundings) -> Findings:
    out: Findings = []
    for hook in ("postStart", "preStop"):
        if lifecycle.get(hook) is not None:
            out += _handler(lifecycle[hook], f"{path}.{hook}", ("exec", "httpGet", "tcpSocket", "sleep"), pod.grace_period_s)
    signal, at = lifecycle.get("stopSignal"), f"{path}.stopSignal"
    if signal is None:
        return out
    if pod.os is None:
        return [*out, forbidden(at, "may not be set for containers with empty `spec.os.name`")]
    allowed = {"windows": _WINDOWS_SIGNALS, "linux": _LINUX_SIGNALS}.get(pod.os, (signal,))
    return out if signal in allowed else [*out, unsupported(at, signal, allowed)]


def _probe(probe: Obj, path: str, kind: str) -> Findings:
    out = _handler(probe, path, ("exec", "httpGet", "tcpSocket", "grpc"), None)
    out += all_non_negative(path, probe, *_NUMBERS)
    period = probe.get("terminationGracePeriodSeconds")
    if period is not None and period <= 0:
        out.append(invalid(f"{path}.terminationGracePeriodSeconds", period, "must be greater than 0"))
    if kind == "readinessProbe":
        text = "must not be set for readinessProbes"
        return out if period is None else [*out, invalid(f"{path}.terminationGracePeriodSeconds", period, text)]
    threshold = probe.get("successThreshold", 1)
    return out if threshold == 1 else [*out, invalid(f"{path}.successThreshold", threshold, "must be 1")]


def _handler(handler: Obj, path: str, kinds: tuple[str, ...], grace_period_s: int | None) -> Findings:
    def check(kind: str, action: Obj, at: str) -> Findings:
        return _sleep(action, at, grace_period_s) if kind == "sleep" else _action(kind, action, at)

    return exactly_one(path, [kind for kind in kinds if handler.get(kind) is not None], handler, "handler", check)


def _sleep(action: Obj, path: str, grace_period_s: int | None) -> Findings:
    seconds = action.get("seconds", 0)
    if grace_period_s is None or 0 <= seconds <= grace_period_s:
        return []
    text = f"must be non-negative and less than terminationGracePeriodSeconds ({grace_period_s})"
    return [invalid(path, seconds, text)]


def _action(kind: str, action: Obj, path: str) -> Findings:
    if kind == "exec":
        return [] if action.get("command") else [required(f"{path}.command")]
    if kind == "grpc":
        return port_number(f"{path}.port", action.get("port", 0))
    if kind == "tcpSocket":
        return port_or_name(f"{path}.port", action.get("port", 0))
    out: Findings = [] if action.get("path") else [required(f"{path}.path")]
    out += port_or_name(f"{path}.port", action.get("port", 0))
    out += one_of(f"{path}.scheme", action.get("scheme"), ("HTTP", "HTTPS"))
    for header in action.get("httpHeaders") or ():
        name = header.get("name", "")
        if not _HEADER.fullmatch(name):
            out.append(invalid(f"{path}.httpHeaders", name, _HEADER_TEXT))
    return out
