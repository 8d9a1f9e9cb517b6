import pytest

from pilothouse.delivery.charts.engine.execution.faults import FunctionError
from pilothouse.delivery.charts.engine.functions.semver import is_compatible, parse_version, strict_version


@pytest.mark.parametrize(
    ("constraint", "version", "fits"),
    [
        (">=1.2, <2", "1.9.9", True),
        ("~1.2", "1.3.0", False),
        ("^0.2.3", "0.3.0", False),
        ("1.x || 3.*", "3.4.5", True),
        ("1.0 - 2.0", "2.0.0", True),
        (">=1.0.0", "1.1.0-beta", False),
        (">=1.0.0-0", "1.1.0-beta", True),
        ("", "1.0.0", False),
        ("*", "5.0.0", True),
    ],
)
def test_constraints(constraint: str, version: str, fits: bool) -> None:
    assert is_compatible(constraint, version) is fits


def test_versions_order_and_fail() -> None:
    assert parse_version("1.0.0-alpha.2") < parse_version("1.0.0-alpha.10") < parse_version("1.0.0")
    assert not strict_version("v1.0.0")
    with pytest.raises(FunctionError, match="invalid semantic version"):
        parse_version("a.b")
