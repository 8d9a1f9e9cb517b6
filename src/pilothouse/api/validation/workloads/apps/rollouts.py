"""Strategies of rolling updates: how many Pods may be missing or too many."""

from __future__ import annotations

import re
from typing import Any

from pilothouse.api.findings import forbidden, internal_form, invalid, required, unsupported
from pilothouse.api.validation.checks import Findings, Obj, at_most_100, int_or_percent, non_negative

_NUMBER = re.compile("([0-9]+)%|([+-]?[0-9]+)")


def amount(value: Any) -> int:
    """Return the number in a count or a percentage; 0 for what is neither."""
    if isinstance(value, str):
        found = _NUMBER.fullmatch(value)
        return int(found[1] or found[2]) if found else 0
    return int(value or 0)


def deployment_strategy(strategy: Obj, path: str) -> Findings:
    """The strategy of a Deployment."""
    kind, rolling = strategy.get("type"), strategy.get("rollingUpdate")
    if kind == "Recreate":
        text = "may not be specified when strategy `type` is 'Recreate'"
        return [forbidden(f"{path}.rollingUpdate", text)] if rolling is not None else []
    if kind != "RollingUpdate":
        return [unsupported(path, internal_form("DeploymentStrategy", strategy), ("Recreate", "RollingUpdate"))]
    rolling, path = rolling or {}, f"{path}.rollingUpdate"
    missing, extra = rolling.get("maxUnavailable"), rolling.get("maxSurge")
    out = int_or_percent(f"{path}.maxUnavailable", missing) + int_or_percent(f"{path}.maxSurge", extra)
    if not amount(missing) and not amount(extra):
        out.append(invalid(f"{path}.maxUnavailable", missing, "may not be 0 when `maxSurge` is 0"))
    return out + at_most_100(f"{path}.maxUnavailable", missing)


def daemon_strategy(strategy: Obj, path: str) -> Findings:
    """The update strategy of a DaemonSet."""
    kind = strategy.get("type")
    if kind == "OnDelete":
        return []
    if kind != "RollingUpdate":
        return [unsupported(path, internal_form("DeploymentStrategy", strategy), ("RollingUpdate", "OnDelete"))]
    rolling, path = strategy.get("rollingUpdate") or {}, f"{path}.rollingUpdate"
    fields = ("maxUnavailable", "maxSurge")
    out = [finding for field in fields for finding in int_or_percent(f"{path}.{field}", rolling.get(field))]
    out += [finding for field in fields for finding in at_most_100(f"{path}.{field}", rolling.get(field))]
    missing, extra = (amount(rolling.get(field)) for field in fields)
    if missing and extra:
        out.append(invalid(f"{path}.maxSurge", rolling["maxSurge"], "may not be set when maxUnavailable is non-zero"))
    elif not missing and not extra:
        out.append(required(f"{path}.maxUnavailable", "cannot be 0 when maxSurge is 0"))
    return out


def stateful_strategy(strategy: Obj, path: str) -> Findings:
    """The update strategy of a StatefulSet."""
    kind, rolling = strategy.get("type"), strategy.get("rollingUpdate")
    if not kind:
        return [required(path)]
    if kind not in ("RollingUpdate", "OnDelete"):
        return [invalid(path, internal_form("StatefulSetStrategy", strategy), "must be 'RollingUpdate' or 'OnDelete'")]
    if rolling is None:
        return []
    path = f"{path}.rollingUpdate"
    if kind == "OnDelete":
        return [invalid(path, internal_form("StatefulRollingUpdate", rolling), "only allowed for updateStrategy 'RollingUpdate'")]
    out = non_negative(f"{path}.partition", rolling.get("partition"))
    most = rolling.get("maxUnavailable")
    if most is None:
        return out
    out += int_or_percent(f"{path}.maxUnavailable", most)
    if not amount(most):
        out.append(invalid(f"{path}.maxUnavailable", most, "cannot be 0"))
    return out + at_most_100(f"{path}.maxUnavailable", most)
