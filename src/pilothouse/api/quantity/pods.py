"""What a Pod as a whole asks for, and the class of service that gives: LimitRanges and ResourceQuotas measure it by this.

Source: the resource helpers of Kubernetes (component-helpers). Containers and sidecars add up; each other init container needs
its share only beside the sidecars started before it; what the Pod states for itself replaces the sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilothouse.api.quantity.amounts import add, compare, parse_quantity

Tree = Mapping[str, Any]
Amounts = dict[str, str]
"""Resource name -> quantity."""
_SERVED = ("cpu", "memory")
"""What the class of service depends on."""


def pod_requests(spec: Tree, *, with_overhead: bool = True) -> Amounts:
    """Return what the Pod asks for."""
    total = _total(spec, "requests")
    if with_overhead:
        _join(total, spec.get("overhead") or {})
    return total


def pod_limits(spec: Tree, *, with_overhead: bool = True) -> Amounts:
    """Return what the Pod may use; overhead widens only limits there are."""
    total = _total(spec, "limits")
    for name, amount in (spec.get("overhead") or {}).items() if with_overhead else ():
        if name in total and parse_quantity(total[name]):
            total[name] = add(total[name], amount)
    return total


def qos_class(spec: Tree) -> str:
    """Return the class of service that the resources of the Pod or its containers give."""
    whole = spec.get("resources") or {}
    is_whole = any(is_for_pods(name) for side in ("requests", "limits") for name in whole.get(side) or ())
    owners = [spec] if is_whole else [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    totals: dict[str, dict[str, str]] = {"requests": {}, "limits": {}}
    is_guaranteed = True
    for owner in owners:
        resources = owner.get("resources") or {}
        for side, total in totals.items():
            for name in _SERVED:
                amount = (resources.get(side) or {}).get(name)
                if amount is not None and parse_quantity(amount) > 0:
                    total[name] = add(total[name], amount) if name in total else amount
                elif side == "limits":
                    is_guaranteed = False
    requests, limits = totals["requests"], totals["limits"]
    if not requests and not limits:
        return "BestEffort"
    is_equal = requests.keys() == limits.keys() and all(compare(requests[name], limits[name]) == 0 for name in requests)
    return "Guaranteed" if is_guaranteed and is_equal else "Burstable"


def _total(spec: Tree, kind: str) -> Amounts:
    total: Amounts = {}
    for container in spec.get("containers") or ():
        _join(total, _stated(container, kind))
    sidecars: Amounts = {}
    peak: Amounts = {}
    for container in spec.get("initContainers") or ():
        wanted = dict(_stated(container, kind))
        if container.get("restartPolicy") == "Always":
            _join(total, wanted)
            _join(sidecars, wanted)
            wanted = sidecars
        else:
            _join(wanted, sidecars)
        _raise(peak, wanted)
    _raise(total, peak)
    total.update({name: amount for name, amount in _stated(spec, kind).items() if is_for_pods(name)})
    return total


def _stated(owner: Tree, kind: str) -> Mapping[str, str]:
    found: Mapping[str, str] = (owner.get("resources") or {}).get(kind) or {}
    return found


def is_for_pods(name: str) -> bool:
    """Whether a Pod as a whole may state this resource."""
    return name in {"cpu", "memory"} or name.startswith("hugepages-")


def _join(total: Amounts, more: Mapping[str, str]) -> None:
    for name, amount in more.items():
        total[name] = add(total[name], amount) if name in total else amount


def _raise(total: Amounts, least: Mapping[str, str]) -> None:
    for name, amount in least.items():
        if name not in total or compare(amount, total[name]) > 0:
            total[name] = amount
