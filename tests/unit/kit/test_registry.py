"""Every capability that ships declares itself completely."""

import pytest

from pilothouse.app.lifecycle import load_capability
from pilothouse.app.standard import CAPABILITIES


@pytest.mark.parametrize("name", CAPABILITIES)
def test_capabilities(name: str) -> None:
    capability = load_capability(name)
    assert name == f"pilothouse.{capability.id}.factory:CAPABILITY"
    assert capability.summary
    assert capability.start is not None
    assert capability.config is not None
