"""Health of custom resources: what the rule table says of the kind alone."""

from __future__ import annotations

from typing import Any

from pilothouse.delivery.gitops.engine.health import custom_health
from pilothouse.testing.corpora import SKIP


def answer(case: dict[str, Any]) -> Any:
    """Return status and message; a kind that is not in the table is left out."""
    verdict = custom_health(case["object"])
    return SKIP if verdict is None else {"status": verdict.status, "message": verdict.message}
