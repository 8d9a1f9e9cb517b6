"""The table of in-memory types."""

from __future__ import annotations

import re

import pytest

from pilothouse.api.findings.internalform import internal_form
from pilothouse.api.findings.internaltypes import STRUCTS


@pytest.mark.parametrize("kind", sorted(STRUCTS))
def test_every_type_named_is_in_the_table(kind: str) -> None:
    assert isinstance(internal_form(kind, {}), dict)
    for named in re.findall(r"[:@](\w+)", STRUCTS[kind]):
        assert named == "ObjectMeta" or named in STRUCTS
