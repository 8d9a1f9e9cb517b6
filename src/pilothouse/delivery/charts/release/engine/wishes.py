"""What users wish for, as words; apart from the rules so that reading the command line costs nothing."""

from __future__ import annotations

from enum import Enum


class Reuse(Enum):
    """The user's wish; `AUTO` keeps the old values when none are given."""

    AUTO = "auto"
    RESET = "reset-values"
    REUSE = "reuse-values"
    RESET_THEN_REUSE = "reset-then-reuse-values"
