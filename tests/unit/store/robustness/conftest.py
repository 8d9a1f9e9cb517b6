"""Fixtures of the robustness stories."""

from tests.unit.store.robustness.engines import rig

__all__ = ["rig"]
