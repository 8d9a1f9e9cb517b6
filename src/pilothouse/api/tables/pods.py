"""The row of a Pod: one status out of phase, conditions and container states."""

from __future__ import annotations

from typing import Any

from pilothouse.api.tables.text import NONE, age
from pilothouse.kit.clock import parse_rfc3339

Obj = dict[str, Any]


def pod_row(obj: Obj, now: float) -> tuple[list[Any], list[Obj]]:
    """Return (cells, row conditions) of a Pod."""
    spec, status, meta = obj.get("spec") or {}, obj.get("status") or {}, obj["metadata"]
    reason = _base_reason(status)
    restarts, last, ready = 0, 0.0, 0
    reason, is_starting, sidecar = _init_reason(spec, status, reason)
    for state in (item for item in status.get("initContainerStatuses") or () if is_starting or _restartable(spec, item["name"])):
        restarts += state.get("restartCount", 0)
        last = max(last, _finished(state))
    if not is_starting:
        restarts = sidecar
        reason, ready, more, last = _container_reason(status, reason, last)
        restarts += more
        ready += sum(1 for state in status.get("initContainerStatuses") or () if _ready_sidecar(spec, state))
    if meta.get("deletionTimestamp"):
        reason = "Unknown" if status.get("reason") == "NodeLost" else _terminating(status, reason)
    total = len(spec.get("containers") or ()) + sum(
        1 for item in spec.get("initContainers") or () if item.get("restartPolicy") == "Always"
    )
    shown = str(restarts) if not (restarts and last) else f"{restarts} ({age_of(last, now)} ago)"
    cells: list[Any] = [meta.get("name", ""), f"{ready}/{total}", reason, shown, age(meta.get("creationTimestamp"), now)]
    cells += [_address(status), spec.get("nodeName") or NONE, status.get("nominatedNodeName") or NONE, _gates(spec, status)]
    return cells, _completed(status)


def _terminating(status: Obj, reason: str) -> str:
    return reason if status.get("phase") in ("Failed", "Succeeded") else "Terminating"


def age_of(moment: float, now: float) -> str:
    """Return how long ago a moment was."""
    from pilothouse.api.tables.text import human_duration

    return human_duration(now - moment)


def _base_reason(status: Obj) -> str:
    reason: str = status.get("reason") or status.get("phase", "")
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("reason") == "SchedulingGated":
            reason = "SchedulingGated"
    return reason


def _restartable(spec: Obj, name: str) -> bool:
    return any(item.get("name") == name and item.get("restartPolicy") == "Always" for item in spec.get("initContainers") or ())


def _ready_sidecar(spec: Obj, state: Obj) -> bool:
    return bool(state.get("ready")) and bool(state.get("started")) and _restartable(spec, state["name"])


def _finished(state: Obj) -> float:
    time = ((state.get("lastState") or {}).get("terminated") or {}).get("finishedAt")
    return parse_rfc3339(time) if time else 0.0


def _ended(terminated: Obj, prefix: str = "") -> str:
    if terminated.get("reason"):
        return f"{prefix}{terminated['reason']}"
    if terminated.get("signal"):
        return f"{prefix}Signal:{terminated['signal']}"
    return f"{prefix}ExitCode:{terminated.get('exitCode', 0)}"


def _init_reason(spec: Obj, status: Obj, reason: str) -> tuple[str, bool, int]:
    sidecars = 0
    states = status.get("initContainerStatuses") or []
    for index, item in enumerate(states):
        state = item.get("state") or {}
        terminated, waiting = state.get("terminated"), state.get("waiting")
        is_sidecar = _restartable(spec, item["name"])
        sidecars += item.get("restartCount", 0) if is_sidecar else 0
        if terminated is not None and terminated.get("exitCode", 0) == 0:
            continue
        if is_sidecar and item.get("started"):
            continue
        if terminated is not None:
            return _ended(terminated, "Init:"), True, sidecars
        if waiting is not None and waiting.get("reason") not in (None, "", "PodInitializing"):
            return f"Init:{waiting['reason']}", True, sidecars
        return f"Init:{index}/{len(spec.get('initContainers') or ())}", True, sidecars
    return reason, False, sidecars


def _container_reason(status: Obj, reason: str, last: float) -> tuple[str, int, int, float]:
    ready, restarts, has_running = 0, 0, False
    for item in reversed(status.get("containerStatuses") or []):
        restarts += item.get("restartCount", 0)
        last = max(last, _finished(item))
        state = item.get("state") or {}
        waiting, terminated = state.get("waiting"), state.get("terminated")
        if waiting is not None and waiting.get("reason"):
            reason = waiting["reason"]
        elif terminated is not None:
            reason = _ended(terminated)
        elif item.get("ready") and state.get("running") is not None:
            has_running = True
            ready += 1
    if reason == "Completed" and has_running:
        is_ready = any(c.get("type") == "Ready" and c.get("status") == "True" for c in status.get("conditions") or ())
        reason = "Running" if is_ready else "NotReady"
    return reason, ready, restarts, last


def _address(status: Obj) -> str:
    addresses = status.get("podIPs")
    return addresses[0].get("ip") or NONE if addresses else status.get("podIP") or NONE


def _gates(spec: Obj, status: Obj) -> str:
    gates = spec.get("readinessGates") or ()
    if not gates:
        return NONE
    true = {item.get("type") for item in status.get("conditions") or () if item.get("status") == "True"}
    return f"{sum(1 for gate in gates if gate.get('conditionType') in true)}/{len(gates)}"


def _completed(status: Obj) -> list[Obj]:
    texts = {"Succeeded": "The pod has completed successfully.", "Failed": "The pod failed."}
    phase = status.get("phase", "")
    if phase not in texts:
        return []
    return [{"type": "Completed", "status": "True", "reason": phase, "message": texts[phase]}]
