"""Paths outside the API: version, health, metrics."""

from __future__ import annotations

import platform
from typing import Any

from pilothouse.cluster.apiserver.errors import PlainError
from pilothouse.cluster.apiserver.http.respond import TEXT, answer_tree, text_answer
from pilothouse.kit.metrics import MetricsRegistry
from pilothouse.wire.http.messages import Request, Response

_HOOKS = """
    start-apiserver-admission-initializer generic-apiserver-start-informers priority-and-fairness-config-consumer
    priority-and-fairness-filter storage-object-count-tracker-hook start-apiextensions-informers
    start-apiextensions-controllers crd-informer-synced start-system-namespaces-controller peer-endpoint-reconciler-controller
    start-cluster-authentication-info-controller start-kube-apiserver-identity-lease-controller
    start-kube-apiserver-identity-lease-garbage-collector storage-readiness start-legacy-token-tracking-controller
    start-service-ip-repair-controllers rbac/bootstrap-roles scheduling/bootstrap-system-priority-classes
    priority-and-fairness-config-producer bootstrap-controller start-kubernetes-service-cidr-controller
    start-kube-aggregator-informers apiservice-status-local-available-controller
    apiservice-status-remote-available-controller apiservice-registration-controller apiservice-wait-for-first-sync
    apiservice-discovery-controller kube-apiserver-autoregistration
"""
"""What the reference server names after the parts it starts. Ours start before the first request is answered, so that all
are done when anybody can ask; monitors ask for them by name."""
_STARTED = (
    *(f"poststarthook/{name}" for name in _HOOKS.split()), "autoregister-completion",
    "poststarthook/apiservice-openapi-controller", "poststarthook/apiservice-openapiv3-controller",
)  # fmt: skip
CHECKS = {
    "healthz": ("ping", "log", "loopback-serving-certificate", "etcd", *_STARTED),
    "livez": ("ping", "log", "loopback-serving-certificate", "etcd", *_STARTED),
    "readyz": ("ping", "log", "informer-sync", *_STARTED, "shutdown"),
}


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
    if parts[0] not in CHECKS:
        return None
    if len(parts) == 2:
        return _one(parts[0], parts[1], failing)
    excluded = {value for key, value in request.query if key == "exclude"}
    lines = []
    bad = False
    for name in _checks(parts[0], failing):
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


def _checks(root: str, failing: dict[str, str]) -> tuple[str, ...]:
    """Return the checks of an endpoint: its own, and whatever fails."""
    return (*CHECKS[root], *(name for name in failing if name not in CHECKS[root]))


def _one(root: str, name: str, failing: dict[str, str]) -> Response:
    if name not in _checks(root, failing):
        raise PlainError(404, "404 page not found")
    if name in failing:
        return text_answer(f"internal server error: {failing[name]}\n", 500)
    return text_answer("ok")


def metrics(registry: MetricsRegistry) -> Response:
    """Answer /metrics."""
    return Response(200, registry.exposition().encode(), [], f"{TEXT.replace('plain', 'plain; version=0.0.4')}")


def slis(failing: dict[str, str]) -> Response:
    """Answer /metrics/slis: the health checks as metrics."""
    kind = "kubernetes_healthcheck"
    lines = [f"# HELP {kind} This metric records the result of a single healthcheck.", f"# TYPE {kind} gauge"]
    lines += [
        f'{kind}{{name="{name}",type="{root}"}} {int(name not in failing)}' for root in CHECKS for name in _checks(root, failing)
    ]
    return Response(200, ("\n".join(lines) + "\n").encode(), [], f"{TEXT.replace('plain', 'plain; version=0.0.4')}")


def about(page: str, facts: dict[str, str]) -> Response:
    """Answer /statusz or /flagz: facts for people, without a stable form."""
    lines = [f"pilothouse {page}", "Warning: This endpoint is not meant to be machine parseable and is for debugging only.", ""]
    return text_answer("\n".join([*lines, *(f"{key}: {value}" for key, value in facts.items())]) + "\n")


def version(version_text: str, git_version: str) -> Response:
    """Answer /version."""
    return answer_tree(version_info(version_text, git_version))
