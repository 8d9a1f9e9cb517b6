"""Health of built-in kinds, with the deletion rule before it, as gitops-engine tests it."""

from __future__ import annotations

from typing import Any

from pilothouse.delivery.gitops.engine.health import builtin_health, deletion_health


def answer(case: dict[str, Any]) -> Any:
    """Return status and message, null where there is no built-in check."""
    verdict = deletion_health(case["object"]) or builtin_health(case["object"])
    return None if verdict is None else {"status": verdict.status, "message": verdict.message}
