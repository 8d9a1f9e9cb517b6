"""Quantities and versions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.api.cel.run import failure, value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("quantity('1Gi').isGreaterThan(quantity('500Mi'))", True),
        ("quantity('1500m').isInteger() || quantity('2k').asInteger() != 2000", False),
        ("quantity('1k').add(quantity('1')).sub(1).compareTo(quantity('1000'))", 0),
        ("quantity('500m').asApproximateFloat()", 0.5),
        ("quantity('-1').sign()", -1),
        ("isQuantity('1Gi') && !isQuantity('x')", True),
        ("semver('1.2.3').isGreaterThan(semver('1.2.3-rc.1'))", True),
        ("semver('1.0.0-alpha.2').compareTo(semver('1.0.0-alpha.10'))", -1),
        ("semver('v1', true).major() + semver('1.2.3').minor() + semver('1.2.3').patch()", 6),
        ("isSemver('1.0') || isSemver('01.0.0')", False),
    ],
)
def test_values(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("quantity('x')", "quantities must match"),
        ("semver('1.2')", "No Major.Minor.Patch"),
        ("quantity('1500m').asInteger()", "cannot convert"),
    ],
)
def test_no_result(text: str, message: str) -> None:
    assert message in failure(text)
