"""`pod_status`: what the API shows of a Pod, exactly as kubelet writes it.

Phase, conditions and container states are derived from `PodState` alone, so writing the same state twice yields the same
bytes; the times of condition changes are kept in the state.
"""

from __future__ import annotations

from typing import Any

from pilothouse.cluster.nodeagent.engine import backoff, probes
from pilothouse.cluster.nodeagent.engine.plan import (
    container_state,
    init_containers,
    init_done,
    init_failed,
    is_complete,
    is_sidecar,
    regular_containers,
)
from pilothouse.cluster.nodeagent.types import ContainerState, Exit, Json, PodState
from pilothouse.kit.clock import rfc3339

SCHEME = "pilothouse://"


def phase_of(pod: Json, state: PodState) -> str:
    """Return Pending, Running, Succeeded or Failed."""
    if state.deadline_exceeded or state.reject_reason or init_failed(pod, state):
        return "Failed"
    if not init_done(pod, state):
        return "Pending"
    known = [container_state(state, container["name"]) for container in regular_containers(pod)]
    waiting = [one for one in known if not one.is_running and one.exit is None and one.last is None]
    stopped = [one.exit for one in known if not one.is_running and one.exit is not None]
    if waiting:
        return "Pending"
    is_final = state.terminating_since > 0 and state.is_finished
    if any(one.is_running for one in known) or not (is_final or is_complete(pod, state)):
        return "Running"
    return "Succeeded" if all(end.exit_code == 0 for end in stopped) else "Failed"


def pod_status(pod: Json, state: PodState, host_ip: str, now: float) -> Json:
    """Return the status object; updates `state.transitions` when a condition changed."""
    phase = phase_of(pod, state)
    status: Json = {"phase": phase, "hostIP": host_ip, "hostIPs": [{"ip": host_ip}]}
    generation = pod["metadata"].get("generation")
    if generation:
        status["observedGeneration"] = generation
    if state.address and not state.reject_reason:
        status |= {"podIP": state.address, "podIPs": [{"ip": state.address}]}
    if state.start_time:
        status["startTime"] = rfc3339(state.start_time)
    if state.reject_reason:
        status |= {"reason": state.reject_reason, "message": state.reject_message}
    elif state.deadline_exceeded:
        status |= {"reason": "DeadlineExceeded", "message": "Pod was active on the node longer than the specified deadline"}
    status["conditions"] = _conditions(pod, state, phase, now)
    status["containerStatuses"] = [_container_status(pod, c, state, "container") for c in regular_containers(pod)]
    if init_containers(pod):
        status["initContainerStatuses"] = [_container_status(pod, c, state, "init") for c in init_containers(pod)]
    ephemeral = pod["spec"].get("ephemeralContainers")
    if ephemeral:
        status["ephemeralContainerStatuses"] = [_container_status(pod, c, state, "ephemeral") for c in ephemeral]
    return status


def _unready(pod: Json, state: PodState) -> list[str]:
    watched = [*[c for c in init_containers(pod) if is_sidecar(c)], *regular_containers(pod)]
    return [c["name"] for c in watched if not probes.is_ready(c, container_state(state, c["name"]))]


def _containers_ready(pod: Json, state: PodState, phase: str) -> tuple[str, str, str]:
    if phase == "Succeeded":
        return "False", "PodCompleted", ""
    if phase == "Failed":
        return "False", "PodFailed", ""
    unready = _unready(pod, state)
    if unready:
        return "False", "ContainersNotReady", f"containers with unready status: [{' '.join(unready)}]"
    return "True", "", ""


def _initialized(pod: Json, state: PodState, phase: str) -> tuple[str, str, str]:
    if phase == "Succeeded":
        return "True", "PodCompleted", ""
    pending = [c["name"] for c in init_containers(pod) if not _init_passed(c, container_state(state, c["name"]))]
    if pending and not init_done(pod, state):
        return "False", "ContainersNotInitialized", f"containers with incomplete status: [{' '.join(pending)}]"
    return "True", "", ""


def _init_passed(container: Json, known: ContainerState) -> bool:
    if is_sidecar(container):
        return probes.is_started(container, known)
    return known.exit is not None and known.exit.exit_code == 0


def _ready(pod: Json, containers: tuple[str, str, str]) -> tuple[str, str, str]:
    gates = [gate.get("conditionType", "") for gate in pod["spec"].get("readinessGates") or []]
    present = {c.get("type"): c.get("status") for c in (pod.get("status") or {}).get("conditions") or []}
    missing = [gate for gate in gates if present.get(gate) != "True"]
    if containers[0] == "True" and missing:
        text = "; ".join(f'corresponding condition of pod readiness gate "{gate}" does not exist.' for gate in missing)
        return "False", "ReadinessGatesNotReady", text
    return containers


def _conditions(pod: Json, state: PodState, phase: str, now: float) -> list[Json]:
    containers = _containers_ready(pod, state, phase)
    wanted = {
        "PodReadyToStartContainers": ("True" if state.has_sandbox else "False", "", ""),
        "Initialized": _initialized(pod, state, phase),
        "Ready": _ready(pod, containers),
        "ContainersReady": containers,
        "PodScheduled": ("True", "", ""),
    }
    own = [_condition(pod, state, kind, verdict, now) for kind, verdict in wanted.items()]
    others = [c for c in (pod.get("status") or {}).get("conditions") or [] if c.get("type") not in wanted]
    return [*own, *others]


def _condition(pod: Json, state: PodState, kind: str, verdict: tuple[str, str, str], now: float) -> Json:
    status, reason, message = verdict
    before = state.transitions.get(kind)
    if before is None or before[0] != status:
        before = state.transitions[kind] = (status, now)
    condition: Json = {"type": kind, "status": status, "lastProbeTime": None, "lastTransitionTime": rfc3339(before[1])}
    if reason:
        condition["reason"] = reason
    if message:
        condition["message"] = message
    if pod["metadata"].get("generation"):
        condition["observedGeneration"] = pod["metadata"]["generation"]
    return condition


def _terminated(end: Exit) -> Json:
    state: Json = {
        "exitCode": end.exit_code,
        "reason": end.reason,
        "startedAt": rfc3339(end.started_at) if end.started_at else None,
        "finishedAt": rfc3339(end.finished_at) if end.finished_at else None,
    }
    if end.signal:
        state["signal"] = end.signal
    if end.message:
        state["message"] = end.message
    if end.container_id:
        state["containerID"] = SCHEME + end.container_id
    return {"terminated": state}


def _waiting(pod: Json, known: ContainerState, state: PodState, role: str) -> Json:
    reason, message = known.waiting_reason, known.waiting_message
    if not reason:
        blocked = role == "container" and bool(init_containers(pod)) and not init_done(pod, state)
        reason = "PodInitializing" if blocked or (role == "init" and state.has_sandbox) else "ContainerCreating"
    return {"waiting": {"reason": reason, "message": message} if message else {"reason": reason}}


def _is_repeating(pod: Json, container: Json, known: ContainerState, state: PodState, role: str) -> bool:
    """Tell whether a run that ended will be followed by another one after its back-off."""
    end = known.exit
    if end is None or role == "ephemeral" or state.terminating_since or is_complete(pod, state):
        return False
    policy = container.get("restartPolicy") or pod["spec"].get("restartPolicy") or "Always"
    if role == "init" and not is_sidecar(container):
        return policy != "Never" and end.exit_code != 0
    return policy == "Always" or (policy == "OnFailure" and end.exit_code != 0)


def _states(pod: Json, container: Json, known: ContainerState, state: PodState, role: str) -> tuple[Json, Json]:
    last = _terminated(known.last) if known.last is not None else {}
    if known.is_running:
        return {"running": {"startedAt": rfc3339(known.started_at)}}, last
    if known.exit is None:
        return _waiting(pod, known, state, role), last
    if not _is_repeating(pod, container, known, state, role):
        return _terminated(known.exit), last
    if known.waiting_reason:
        return _waiting(pod, known, state, role), _terminated(known.exit)
    if known.backoff_s:
        metadata = pod["metadata"]
        owner = f"{metadata['name']}_{metadata['namespace']}({metadata.get('uid', '')})"
        text = f"back-off {backoff.words(known.backoff_s)} restarting failed container={known.name} pod={owner}"
        return {"waiting": {"reason": "CrashLoopBackOff", "message": text}}, _terminated(known.exit)
    return _terminated(known.exit), last


def _container_status(pod: Json, container: Json, state: PodState, role: str) -> Json:
    known = container_state(state, container["name"])
    current, last = _states(pod, container, known, state, role)
    started = probes.is_started(container, known)
    is_passed_init = role == "init" and not is_sidecar(container) and known.exit is not None and known.exit.exit_code == 0
    may_be_ready = role == "container" or (role == "init" and is_sidecar(container))
    is_ready = is_passed_init or (may_be_ready and probes.is_ready(container, known))
    status: Json = {
        "name": known.name,
        "state": current,
        "lastState": last,
        "ready": is_ready and not state.reject_reason,
        "restartCount": known.attempt,
        "image": container.get("image", ""),
        "imageID": known.image_id,
        "started": started,
    }
    if known.id:
        status["containerID"] = SCHEME + known.id
    resources = container.get("resources") or {}
    if resources:
        status["resources"] = resources
        if resources.get("requests"):
            status["allocatedResources"] = resources["requests"]
    mounts = container.get("volumeMounts")
    if mounts:
        status["volumeMounts"] = [_mount_status(mount) for mount in mounts]
    return status


def _mount_status(mount: Json) -> dict[str, Any]:
    shown = {"name": mount.get("name", ""), "mountPath": mount.get("mountPath", "")}
    return {**shown, "readOnly": True, "recursiveReadOnly": "Disabled"} if mount.get("readOnly") else shown
