"""Node labels that were renamed, wherever nodes are chosen by them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pilothouse.api.meta.names import label_value

NODE_LABELS = {
    "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
    "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
    "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
    "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
    "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
    "app.kubernetes.io/created-by": "deprecated since v1.9",
    "scheduler.alpha.kubernetes.io/preferAvoidPods": "deprecated since v1.22; use Taints and Tolerations instead",
    "node-role.kubernetes.io/master": 'use "node-role.kubernetes.io/control-plane" instead',
}


def term_warnings(
    term: Mapping[str, Any], where: str, field: str = "matchExpressions", *, has_free_values: bool = False
) -> Iterator[str]:
    """Yield warnings about a node selector term; `has_free_values` when no validation looks at its values."""
    for index, expression in enumerate(term.get(field) or ()):
        key = expression.get("key", "")
        if key in NODE_LABELS:
            yield f"{where}.{field}[{index}].key: {key} is {NODE_LABELS[key]}"
        for position, value in enumerate(expression.get("values") or () if has_free_values else ()):
            for text in label_value(value):
                yield f"{where}.{field}[{index}].values[{position}]: {value} is invalid, {text}"
