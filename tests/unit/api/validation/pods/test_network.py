"""Names and the network of a Pod."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.pods import pod as check
from tests.unit.api.validation.specimens import pod, worded

_D = "spec.dnsConfig"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"dnsConfig": {"searches": [".", "a_b.c."], "options": [{"name": "a"}]}}, []),
        (
            {"dnsPolicy": "None", "dnsConfig": {}},
            [f"{_D}.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None"],
        ),
        (
            {"dnsConfig": {"nameservers": ["1.1.1.1", "1.1.1.2", "1.1.1.3", "01.1.1.4"]}},
            [
                (
                    f'{_D}.nameservers: Invalid value: ["1.1.1.1","1.1.1.2","1.1.1.3","01.1.1.4"]: must not have more than 3 '
                    "nameservers"
                ),
                f'{_D}.nameservers[3]: Invalid value: "01.1.1.4": must not have leading 0s',
            ],
        ),
        ({"dnsConfig": {"options": [{"value": "a"}]}}, [f"{_D}.options[0]: Required value: must not be empty"]),
        (
            {"dnsConfig": {"searches": ["A"]}},
            [
                (
                    f'{_D}.searches[0]: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case '
                    "alphanumeric "
                    "characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. "
                    "'example.com', regex "
                    "used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')"
                )
            ],
        ),
        (
            {"hostnameOverride": "a", "hostNetwork": True, "setHostnameAsFQDN": True},
            [
                "spec.hostnameOverride: Forbidden: may not be specified when setHostnameAsFQDN is true",
                "spec.hostnameOverride: Forbidden: may not be specified when hostNetwork is true",
            ],
        ),
        ({"hostnameOverride": "a" * 65}, ["spec.hostnameOverride: Too long: may not be more than 64 bytes"]),
    ],
)
def test_names(spec: dict[str, Any], expected: list[str]) -> None:
    assert worded(check(pod(**spec))) == expected


def test_ports_on_the_network_of_the_node() -> None:
    found = pod({"ports": [{"protocol": "TCP", "containerPort": 1, "hostPort": 2}]}, hostNetwork=True)
    assert worded(check(found)) == [
        "spec.containers[0].ports[0].hostPort: Invalid value: 2: must match `containerPort` when `hostNetwork` is true"
    ]
