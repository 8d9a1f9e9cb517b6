"""Small texts of table cells: ages, durations, selectors, lists."""

from __future__ import annotations

from typing import Any

from pilothouse.kit.clock import parse_rfc3339

Obj = dict[str, Any]
NONE, UNSET, UNKNOWN = "<none>", "<unset>", "<unknown>"


def human_duration(seconds: float) -> str:
    """Return a duration in at most two units, as `kubectl get` shows ages."""
    total = int(seconds)
    if total < -1:
        return "<invalid>"
    if total < 0:
        return "0s"
    if total < 120:
        return f"{total}s"
    minutes = total // 60
    if minutes < 10:
        rest = total % 60
        return f"{minutes}m{rest}s" if rest else f"{minutes}m"
    if minutes < 180:
        return f"{minutes}m"
    return _long_duration(minutes // 60, minutes % 60)


def _long_duration(hours: int, minutes: int) -> str:
    if hours < 8:
        return f"{hours}h{minutes}m" if minutes else f"{hours}h"
    if hours < 48:
        return f"{hours}h"
    days, rest = divmod(hours, 24)
    if hours < 192:
        return f"{days}d{rest}h" if rest else f"{days}d"
    if hours < 24 * 365 * 2:
        return f"{days}d"
    years, left = divmod(days, 365)
    if hours < 24 * 365 * 8:
        return f"{years}y{left}d" if left else f"{years}y"
    return f"{years}y"


def age(time: str | None, now: float) -> str:
    """Return how long ago a time was."""
    if not time:
        return UNKNOWN
    try:
        return human_duration(now - parse_rfc3339(time))
    except ValueError:
        return UNKNOWN


def labels_text(labels: Obj | None) -> str:
    """Return labels as `a=b,c=d`."""
    return ",".join(f"{key}={labels[key]}" for key in sorted(labels)) if labels else NONE


def selector_text(selector: Obj | None) -> str:
    """Return a LabelSelector as text."""
    if selector is None:
        return NONE
    parts = [(key, f"{key}={value}") for key, value in (selector.get("matchLabels") or {}).items()]
    for expression in selector.get("matchExpressions") or ():
        key, values = expression.get("key", ""), ",".join(sorted(expression.get("values") or ()))
        shown = {
            "In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": key, "DoesNotExist": f"!{key}",
        }  # fmt: skip
        parts.append((key, shown.get(expression.get("operator", ""), key)))
    return ",".join(text for _, text in sorted(parts, key=lambda part: part[0])) or NONE


def go_selector(selector: Obj) -> str:
    """Return a LabelSelector the way Go prints the struct."""
    labels = "".join(f"{key}: {value}," for key, value in sorted((selector.get("matchLabels") or {}).items()))
    parts = (
        f"LabelSelectorRequirement{{Key:{part.get('key', '')},Operator:{part.get('operator', '')},"
        f"Values:[{' '.join(part.get('values') or ())}],}},"
        for part in selector.get("matchExpressions") or ()
    )
    expressions = f"[]LabelSelectorRequirement{{{''.join(parts)}}}"
    return f"&LabelSelector{{MatchLabels:map[string]string{{{labels}}},MatchExpressions:{expressions},}}"


def containers_text(spec: Obj) -> tuple[str, str]:
    """Return the names and images of the containers of a Pod spec."""
    containers = spec.get("containers") or []
    return ",".join(item.get("name", "") for item in containers), ",".join(item.get("image", "") for item in containers)


def shortened(values: list[str], limit: int = 3) -> str:
    """Return the first values, and how many more there are."""
    if not values:
        return NONE
    text = ",".join(values[:limit])
    return f"{text} + {len(values) - limit} more..." if len(values) > limit else text
