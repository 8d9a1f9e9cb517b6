"""Go's test struct T and test functions as Go objects of the engine, for the cases whose data is not JSON."""

from __future__ import annotations

from typing import Any


def struct_value(case: dict[str, Any]) -> Any:
    """Return the data of a case whose Go type is not JSON."""
    raise NotImplementedError(case["data_type"])


def test_functions(names: list[str]) -> dict[str, Any]:
    """Return the test functions a case needs."""
    return {}
