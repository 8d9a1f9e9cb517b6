"""Probes and lifecycle."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.pods import pod as check
from tests.unit.api.validation.specimens import pod, worded

_C = "spec.containers[0]"
_TCP = {"tcpSocket": {"port": 80}}
_HTTP = {"port": 80, "path": "/", "scheme": "HTTP"}


@pytest.mark.parametrize(
    ("container", "expected"),
    [
        ({"readinessProbe": {**_TCP, "successThreshold": 2}}, []),
        ({"startupProbe": {}}, [f"{_C}.startupProbe: Required value: must specify a handler type"]),
        (
            {"livenessProbe": {**_TCP, "exec": {"command": ["a"]}}},
            [f"{_C}.livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type"],
        ),
        (
            {"livenessProbe": {**_TCP, "successThreshold": -1}},
            [
                f"{_C}.livenessProbe.successThreshold: Invalid value: -1: must be greater than or equal to 0",
                f"{_C}.livenessProbe.successThreshold: Invalid value: -1: must be 1",
            ],
        ),
        (
            {"readinessProbe": {**_TCP, "terminationGracePeriodSeconds": 1}},
            [f"{_C}.readinessProbe.terminationGracePeriodSeconds: Invalid value: 1: must not be set for readinessProbes"],
        ),
        (
            {"livenessProbe": {**_TCP, "terminationGracePeriodSeconds": 0}},
            [f"{_C}.livenessProbe.terminationGracePeriodSeconds: Invalid value: 0: must be greater than 0"],
        ),
        (
            {"livenessProbe": {"httpGet": {**_HTTP, "scheme": "FTP", "httpHeaders": [{"name": "a b"}]}}},
            [
                f'{_C}.livenessProbe.httpGet.scheme: Unsupported value: "FTP": supported values: "HTTP", "HTTPS"',
                (
                    f'{_C}.livenessProbe.httpGet.httpHeaders: Invalid value: "a b": a valid HTTP header must consist of '
                    "alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')"
                ),
            ],
        ),
        (
            {"livenessProbe": {"grpc": {"port": 0}}},
            [f"{_C}.livenessProbe.grpc.port: Invalid value: 0: must be between 1 and 65535, inclusive"],
        ),
        (
            {"lifecycle": {"preStop": {"sleep": {"seconds": 31}}}},
            [
                (
                    f"{_C}.lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than "
                    "terminationGracePeriodSeconds (30)"
                )
            ],
        ),
        (
            {"lifecycle": {"stopSignal": "SIGTERM"}},
            [f"{_C}.lifecycle.stopSignal: Forbidden: may not be set for containers with empty `spec.os.name`"],
        ),
    ],
)
def test_what_is_run_and_asked(container: dict[str, Any], expected: list[str]) -> None:
    assert worded(check(pod(container))) == expected


@pytest.mark.parametrize(
    ("signal", "os", "good"), [("SIGHUP", "linux", True), ("SIGHUP", "windows", False), ("X", "linux", False)]
)
def test_signals_are_those_of_the_system(signal: str, os: str, good: bool) -> None:
    assert (not check(pod({"lifecycle": {"stopSignal": signal}}, os={"name": os}))) is good
