"""Why Pods are not ready, in one line each: what an operator would look for with `kubectl describe`.

Called when waiting ended badly, with the Pods of the objects that are late.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pilothouse.api.meta import Tree, condition_of, name_of

MAX_LINES = 5


def selector_of(tree: Tree) -> str:
    """Return the label selector of an object's Pods, empty when it has none."""
    spec = tree.get("spec") or {}
    if tree.get("kind") == "Job":
        return f"job-name={name_of(tree)}"
    labels = (spec.get("selector") or {}).get("matchLabels") if isinstance(spec.get("selector"), dict) else None
    return ",".join(f"{key}={value}" for key, value in sorted((labels or {}).items()))


def troubles(pods: Iterable[Tree]) -> list[str]:
    """Return what is wrong with Pods, a few lines at most."""
    found = [f"pod {name_of(pod)}: {text}" for pod in pods for text in _of_pod(pod)]
    return found[:MAX_LINES]


def _of_pod(pod: Tree) -> Iterator[str]:
    status = pod.get("status") or {}
    scheduled = condition_of(pod, "PodScheduled")
    if scheduled is not None and scheduled.get("status") == "False":
        yield str(scheduled.get("message") or "not scheduled")
    for container in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        text = _of_container(container, status.get("phase"))
        if text:
            yield f"container {container.get('name')}: {text}"


def _of_container(container: Tree, phase: object) -> str:
    state = container.get("state") or {}
    waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
    before = (container.get("lastState") or {}).get("terminated") or {}
    if waiting.get("reason") and waiting["reason"] not in ("ContainerCreating", "PodInitializing"):
        text = f"{waiting['reason']}: {waiting.get('message') or ''}".rstrip(": ")
        return f"{text} (exit code {before['exitCode']})" if before.get("exitCode") else text
    if ended.get("exitCode"):
        return f"{ended.get('reason') or 'Error'}: exit code {ended['exitCode']}"
    if "running" in state and not container.get("ready") and phase == "Running":
        return "running, but its readiness probe fails"
    return ""
