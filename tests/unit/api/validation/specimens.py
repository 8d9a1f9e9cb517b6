"""Objects that are right, of which tests change one thing; and findings as clients read them."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from pilothouse.api.findings import FieldError

Obj = dict[str, Any]
CONTAINER: Obj = {"name": "c", "image": "x", "terminationMessagePolicy": "File", "imagePullPolicy": "Always"}
POD: Obj = {
    "containers": [CONTAINER], "restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "terminationGracePeriodSeconds": 30,
    "securityContext": {},
}  # fmt: skip


def pod(container: Obj | None = None, **spec: Any) -> Obj:
    """Return a Pod with these fields of its spec and of its container."""
    one = {**CONTAINER, **(container or {})}
    return copy.deepcopy({"metadata": {"name": "p", "namespace": "n"}, "spec": {**POD, "containers": [one], **spec}})


def worded(findings: Iterable[FieldError]) -> list[str]:
    """Return each finding as a message shows it."""
    return [f"{finding.path}: {finding.text()}" for finding in findings]
