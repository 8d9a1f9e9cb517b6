"""Addresses, networks, URLs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.api.cel.run import failure, value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("url('https://u@h.example:81/a%20b?q=1&q=2').getHost()", "h.example:81"),
        ("url('https://h:81/').getPort() + url('https://[::1]:1/').getHostname()", "81::1"),
        ("url('https://h/a b'.replace(' ', '%20')).getEscapedPath()", "/a%20b"),
        ("url('https://h/?q=1&q=2').getQuery()", {"q": ["1", "2"]}),
        ("isURL('/path') && !isURL('no') && !isURL('')", True),
        ("isIP('::1') && !isIP('01.2.3.4') && !isIP('::ffff:1.2.3.4') && !isIP('fe80::1%eth0')", True),
        ("ip('10.0.0.1').family() + ip('::1').family()", 10),
        ("ip('127.0.0.1').isLoopback() && ip('8.8.8.8').isGlobalUnicast() && ip('224.0.0.1').isLinkLocalMulticast()", True),
        ("ip.isCanonical('::1') && !ip.isCanonical('0:0::1')", True),
        (
            "cidr('10.0.0.0/8').containsIP('10.1.1.1') && cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')",
            True,
        ),
        ("cidr('10.0.0.0/8').containsIP(ip('::1'))", False),
        ("string(cidr('10.1.2.3/8').masked()) + string(cidr('10.1.2.3/8').ip())", "10.0.0.0/810.1.2.3"),
        ("cidr('::/0').prefixLength()", 0),
        ("isCIDR('1.2.3.4') || isCIDR('1.2.3.4/33')", False),
        ("type(ip('::1')) == net.IP && type(cidr('::/0')) == net.CIDR", True),
    ],
)
def test_values(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ip('x')", "parse error"),
        ("cidr('10.0.0.0/99')", "out of range"),
        ("url('::')", "URL parse error"),
    ],
)
def test_no_result(text: str, message: str) -> None:
    assert message in failure(text)
