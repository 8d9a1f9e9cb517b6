"""Small checks."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation import checks
from pilothouse.cluster.nodeagent.engine.services import shared_address


@pytest.mark.parametrize(("value", "good"), [(1, True), (65535, True), (0, False), (65536, False), (-1, False)])
def test_ports(value: int, good: bool) -> None:
    assert (not checks.port_number("p", value)) is good


@pytest.mark.parametrize(
    ("value", "good"), [("http", True), ("", False), ("1", False), ("a" * 16, False), ("a--b", False), ("-a", False)]
)
def test_port_names(value: str, good: bool) -> None:
    assert (not checks.port_name("p", value)) is good


@pytest.mark.parametrize(
    ("value", "good"), [("10.0.0.1", True), ("::1", True), ("010.0.0.1", False), ("1.2.3", False), ("", False)]
)
def test_addresses(value: str, good: bool) -> None:
    assert (not checks.ip_address("p", value)) is good


@pytest.mark.parametrize("value", ["127.0.0.1", "0.0.0.0", "169.254.1.1", "224.0.0.1", "x"])
def test_addresses_that_never_leave_a_machine(value: str) -> None:
    assert checks.special_ip("p", value)


def test_pods_that_share_the_network_of_the_machine_have_addresses() -> None:
    assert checks.special_ip("p", shared_address("10.244.3.7")) == []
    assert checks.special_ip("p", "127.245.0.1")


@pytest.mark.parametrize(("value", "good"), [(0, True), ("25%", True), (-1, False), ("25", False), ("%", False)])
def test_counts_and_percentages(value: Any, good: bool) -> None:
    assert (not checks.int_or_percent("p", value)) is good


@pytest.mark.parametrize(
    "expression",
    [
        {"key": "a", "operator": "In"},
        {"key": "a", "operator": "Exists", "values": ["b"]},
        {"key": "a", "operator": "Sometimes"},
        {"key": "-", "operator": "Exists"},
    ],
)
def test_bad_selectors(expression: dict[str, Any]) -> None:
    assert checks.label_selector("s", {"matchExpressions": [expression]})


@pytest.mark.parametrize("path", ["..", "a/..", "../a", "a/../b"])
def test_paths_do_not_climb(path: str) -> None:
    assert checks.no_backsteps("p", path)
    assert not checks.no_backsteps("p", "a/..b/c..")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("10.0.0.1", ""), ("::1", ""), ("x", checks.IP_TEXT), ("010.0.0.1", "must not have leading 0s"),
        ("2001:DB8::1", 'must be in canonical form ("2001:db8::1")'),
    ],
)  # fmt: skip
def test_names_of_addresses_are_canonical(text: str, problem: str) -> None:
    assert checks.canonical_ip(text) == ([problem] if problem else [])
