"""Actions on resources: what is offered, and what an action does."""

from __future__ import annotations

from typing import Any

from pilothouse.delivery.gitops.engine.actions import ActionFailed, Now, Offer, Outcome, changes_between, offered, perform
from pilothouse.kit.clock import SystemClock, rfc3339


def answer(case: dict[str, Any]) -> Any:
    """Return the offered actions, or the results of one, or its error."""
    tree = case["object"]
    if case["type"] == "discovery":
        return {"actions": [_shown(offer) for offer in offered(tree)]}
    try:
        found = perform(tree, case["action"], case.get("params") or {}, Now(rfc3339(SystemClock().now())))
    except ActionFailed as error:
        return {"error": error.message}
    return {"results": [_result(tree, outcome) for outcome in found]}


def _shown(offer: Offer) -> dict[str, Any]:
    found: dict[str, Any] = {"name": offer.name}
    if offer.is_disabled is not None:
        found["disabled"] = offer.is_disabled
    if offer.display_name:
        found["displayName"] = offer.display_name
    if offer.icon_class:
        found["iconClass"] = offer.icon_class
    if offer.params:
        found["params"] = [{"name": each.name, **({"default": each.default} if each.default else {})} for each in offer.params]
    return found


def _result(tree: dict[str, Any], outcome: Outcome) -> dict[str, Any]:
    if outcome.operation == "create":
        return {"operation": "create", "object": outcome.tree}
    return {"operation": "patch", "changes": [list(change) for change in changes_between(tree, outcome.tree)]}
