"""The row of a Pod: one status out of phase, conditions and container states."""

from __future__ import annotations

from typing import Any

from pilothouse.api.tables.text import NONE, age, human_duration
from pilothouse.kit.clock import parse_rfc3339

Obj = dict[str, Any]


def pod_row(obj: Obj, now: float) -> tuple[list[Any], list[Obj]]:
    """Return (cells, row conditions) of a Pod."""
    spec, status, meta = obj.get("spec") or {}, obj.get("status") or {}, obj["metadata"]
    tally = _Tally(_base_reason(status))
    is_starting = tally.count_starting(spec, status)
    if not is_starting or _has_condition(status, "Initialized"):
        tally.count_running(status)
    if meta.get("deletionTimestamp"):
        tally.reason = "Unknown" if status.get("reason") == "NodeLost" else _terminating(status, tally.reason)
    total = len(spec.get("containers") or ()) + len(_sidecars(spec))
    shown = str(tally.restarts)
    if tally.restarts and tally.last:
        shown = f"{tally.restarts} ({human_duration(now - tally.last)} ago)"
    cells: list[Any] = [
        meta.get("name", ""),
        f"{tally.ready}/{total}",
        tally.reason,
        shown,
        age(meta.get("creationTimestamp"), now),
    ]
    cells += [_address(status), spec.get("nodeName") or NONE, status.get("nominatedNodeName") or NONE, _gates(spec, status)]
    return cells, _completed(status)


def _terminating(status: Obj, reason: str) -> str:
    return reason if status.get("phase") in ("Failed", "Succeeded") else "Terminating"


class _Tally:
    """What containers add to the row; while init containers still run, they alone."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self.ready = self.restarts = self.sidecar_restarts = 0
        self.last = self.sidecar_last = 0.0

    def count_starting(self, spec: Obj, status: Obj) -> bool:
        """Count init containers up to the first that keeps the Pod from starting; returns whether one does."""
        sidecars = _sidecars(spec)
        for index, item in enumerate(status.get("initContainerStatuses") or ()):
            is_sidecar = item.get("name") in sidecars
            self._add_restarts(item, is_sidecar)
            state = item.get("state") or {}
            terminated, reason = state.get("terminated"), (state.get("waiting") or {}).get("reason")
            if terminated is not None and terminated.get("exitCode", 0) == 0:
                continue
            if is_sidecar and item.get("started"):
                self.ready += bool(item.get("ready"))
                continue
            if terminated is not None:
                self.reason = f"Init:{_ended(terminated)}"
            elif reason and reason != "PodInitializing":
                self.reason = f"Init:{reason}"
            else:
                self.reason = f"Init:{index}/{len(spec.get('initContainers') or ())}"
            return True
        return False

    def _add_restarts(self, item: Obj, is_sidecar: bool) -> None:
        self.restarts += item.get("restartCount", 0)
        self.last = max(self.last, _finished(item))
        if is_sidecar:
            self.sidecar_restarts += item.get("restartCount", 0)
            self.sidecar_last = max(self.sidecar_last, _finished(item))

    def count_running(self, status: Obj) -> None:
        """Count containers, and of what came before only the sidecars."""
        self.restarts, self.last = self.sidecar_restarts, self.sidecar_last
        has_running = False
        for item in reversed(status.get("containerStatuses") or []):
            self._add_restarts(item, False)
            state = item.get("state") or {}
            waiting, terminated = state.get("waiting"), state.get("terminated")
            if waiting is not None and waiting.get("reason"):
                self.reason = waiting["reason"]
            elif terminated is not None:
                self.reason = _ended(terminated)
            elif item.get("ready") and state.get("running") is not None:
                has_running = True
                self.ready += 1
        if self.reason == "Completed" and has_running:
            self.reason = "Running" if _has_condition(status, "Ready") else "NotReady"


def _sidecars(spec: Obj) -> set[str]:
    return {item.get("name", "") for item in spec.get("initContainers") or () if item.get("restartPolicy") == "Always"}


def _has_condition(status: Obj, kind: str) -> bool:
    return any(item.get("type") == kind and item.get("status") == "True" for item in status.get("conditions") or ())


def _base_reason(status: Obj) -> str:
    reason: str = status.get("reason") or status.get("phase", "")
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("reason") == "SchedulingGated":
            reason = "SchedulingGated"
    return reason


def _finished(state: Obj) -> float:
    time = ((state.get("lastState") or {}).get("terminated") or {}).get("finishedAt")
    return parse_rfc3339(time) if time else 0.0


def _ended(terminated: Obj) -> str:
    if terminated.get("reason"):
        return str(terminated["reason"])
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated.get('exitCode', 0)}"


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
