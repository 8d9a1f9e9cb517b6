"""What the resources of a Pod as a whole and of its containers default to."""

from __future__ import annotations

from typing import Any

from pilothouse.api.quantity.pods import is_for_pods, pod_limits, pod_requests

Obj = dict[str, Any]
_MEASURED = ("cpu", "memory")


def container_requests(container: Obj) -> None:
    """A container asks for what it is limited to where it does not say."""
    resources = container.get("resources") or {}
    limits = resources.get("limits")
    if limits:
        resources["requests"] = {**limits, **(resources.get("requests") or {})}


def pod_resources(spec: Obj) -> None:
    """A Pod that states something as a whole states what its containers add up to for the rest."""
    whole = spec.get("resources")
    if not whole or not (whole.get("limits") or whole.get("requests")):
        return
    parts = {key: value for key, value in spec.items() if key != "resources"}
    limits, requests = dict(whole.get("limits") or {}), dict(whole.get("requests") or {})
    for name, amount in pod_limits(parts, with_overhead=False).items():
        if name.startswith("hugepages-") and name not in requests:
            limits.setdefault(name, amount)
    if not limits:
        return
    whole["limits"] = limits
    for name, amount in pod_requests(parts, with_overhead=False).items():
        if name in _MEASURED:
            requests.setdefault(name, amount)
    for name, amount in limits.items():
        if is_for_pods(name):
            requests.setdefault(name, amount)
    if requests:
        whole["requests"] = requests
