"""Paths outside the API: version, health, metrics."""

from __future__ import annotations

import platform
from typing import Any

from pilothouse.cluster.apiserver.errors import PlainError
from pilothouse.cluster.apiserver.http.respond import TEXT, answer_tree, text_answer
from pilothouse.kit.metrics import MetricsRegistry
from pilothouse.wire.http.messages import Request, Response

CHECKS = (
    "ping", "log", "etcd", "informer-sync", "poststarthook/crd-informer-synced", "poststarthook/rbac/bootstrap-roles",
    "poststarthook/scheduling/bootstrap-system-priority-classes", "poststarthook/start-system-namespaces-controller",
    "poststarthook/bootstrap-controller", "shutdown",
)  # fmt: skip
_ROOTS = frozenset(("healthz", "livez", "readyz"))


def version_info(version: str, git_version: str) -> dict[str, Any]:
    """Return the body of /version for the Kubernetes version served."""
    major, minor, _ = version.split(".")
    return {
        "major": major, "minor": minor, "emulationMajor": major, "emulationMinor": minor, "minCompatibilityMajor": major,
        "minCompatibilityMinor": str(int(minor) - 1), "gitVersion": git_version or f"v{version}+pilothouse",
        "gitCommit": "0000000000000000000000000000000000000000", "gitTreeState": "", "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": f"python{platform.python_version()}", "compiler": "gc", "platform": "linux/amd64",
    }  # fmt: skip


def health(request: Request, failing: dict[str, str]) -> Response | None:
    """Answer a health path; `failing` names checks that do not hold and why."""
    parts = request.path.strip("/").split("/", 1)
    if parts[0] not in _ROOTS:
        return None
    if len(parts) == 2:
        return _one(parts[0], parts[1], failing)
    excluded = {value for key, value in request.query if key == "exclude"}
    lines = []
    bad = False
    for name in CHECKS:
        if name == "etcd" and parts[0] == "healthz_":
            continue
        if name in excluded:
            lines.append(f"[+]{name} excluded: ok")
        elif name in failing:
            bad = True
            lines.append(f"[-]{name} failed: {failing[name]}")
        else:
            lines.append(f"[+]{name} ok")
    verbose = any(key == "verbose" for key, _ in request.query)
    if bad:
        return text_answer("\n".join(lines) + f"\n{parts[0]} check failed\n", 500)
    return text_answer("\n".join(lines) + f"\n{parts[0]} check passed\n" if verbose else "ok")


def _one(root: str, name: str, failing: dict[str, str]) -> Response:
    if name not in CHECKS:
        raise PlainError(404, "404 page not found")
    if name in failing:
        return text_answer(f"internal server error: {failing[name]}\n", 500)
    return text_answer("ok")


def metrics(registry: MetricsRegistry) -> Response:
    """Answer /metrics."""
    return Response(200, registry.exposition().encode(), [], f"{TEXT.replace('plain', 'plain; version=0.0.4')}")


def version(version_text: str, git_version: str) -> Response:
    """Answer /version."""
    return answer_tree(version_info(version_text, git_version))
