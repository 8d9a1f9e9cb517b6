"""Defaults of Pods and Pod templates."""

from __future__ import annotations

from typing import Any

Obj = dict[str, Any]


def qos_class(spec: Obj) -> str:
    """Return the quality of service class that the resources of the containers give."""
    requests: dict[str, set[bool]] = {}
    limits_equal = True
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    any_set = False
    for container in containers:
        resources = container.get("resources") or {}
        wanted, limits = resources.get("requests") or {}, resources.get("limits") or {}
        for name in ("cpu", "memory"):
            has = [value for value in (wanted.get(name), limits.get(name)) if value not in (None, "0")]
            any_set = any_set or bool(has)
            if limits.get(name) in (None, "0") or wanted.get(name, limits.get(name)) != limits.get(name):
                limits_equal = False
    del requests
    if not any_set:
        return "BestEffort"
    return "Guaranteed" if limits_equal else "Burstable"
