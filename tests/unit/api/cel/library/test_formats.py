"""Named formats."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.api.cel.run import value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("format.dns1123Label().validate('ok').hasValue()", False),
        ("format.dns1123Label().validate('No_').value().size()", 1),
        ("format.named('uuid').hasValue() && !format.named('nope').hasValue()", True),
        ("format.dns1123LabelPrefix().validate('a-').hasValue()", False),
        ("format.date().validate('2024-01-01').hasValue() || !format.byte().validate('*').hasValue()", False),
    ],
)
def test_values(text: str, expected: Any) -> None:
    assert value(text) == expected
