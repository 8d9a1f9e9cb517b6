"""`plan_pod`: from a Pod, what is known about it, and the time, to the next steps.

Called by the Pod's worker after every event. The order is kubelet's: sandbox, init containers one after another (those with
restartPolicy Always stay and only have to start), then all containers; a run that ended is repeated or not by the restart
policy, after its back-off; a failed probe ends a run; a deletion, a deadline or a final failure ends them all, services first.
"""

from __future__ import annotations

from typing import NamedTuple

from pilothouse.cluster.nodeagent.engine import backoff, probes
from pilothouse.cluster.nodeagent.types import (
    Action,
    ContainerState,
    CreateSandbox,
    DeletePod,
    Exit,
    Json,
    LeaveServices,
    Plan,
    PodState,
    RemoveSandbox,
    StartContainer,
    StopContainer,
)


class _Agenda(NamedTuple):
    """The steps and wake-up times collected while walking over the containers."""

    actions: list[Action]
    wakes: list[float | None]


def regular_containers(pod: Json) -> list[Json]:
    """Return `spec.containers`."""
    return list(pod["spec"].get("containers") or [])


def init_containers(pod: Json) -> list[Json]:
    """Return `spec.initContainers`."""
    return list(pod["spec"].get("initContainers") or [])


def is_sidecar(container: Json) -> bool:
    """Tell whether an init container keeps running beside the others."""
    return container.get("restartPolicy") == "Always"


def container_state(state: PodState, name: str) -> ContainerState:
    """Return what is known of a container, blank when it was never started."""
    return state.containers.get(name) or ContainerState(name)


def grace_period_s(pod: Json) -> float:
    """Return how long the Pod's programs may take to stop, in seconds."""
    given = pod["metadata"].get("deletionGracePeriodSeconds")
    if given is None:
        given = pod["spec"].get("terminationGracePeriodSeconds")
    return float(30 if given is None else given)


def _will_run_again(pod: Json, container: Json, state: ContainerState) -> bool:
    """Apply the restart policy to a run that ended."""
    policy = container.get("restartPolicy") or pod["spec"].get("restartPolicy") or "Always"
    if state.exit is None or policy == "Always":
        return True
    return policy == "OnFailure" and state.exit.exit_code != 0


def init_done(pod: Json, state: PodState) -> bool:
    """Tell whether every init container has done its part."""
    return all(_init_has_passed(container, container_state(state, container["name"])) for container in init_containers(pod))


def _init_has_passed(container: Json, state: ContainerState) -> bool:
    if is_sidecar(container):
        return probes.is_started(container, state) or state.attempt > 0 or state.exit is not None
    return state.exit is not None and state.exit.exit_code == 0 and not state.is_running


def init_failed(pod: Json, state: PodState) -> bool:
    """Tell whether an init container failed for good (restartPolicy Never)."""
    if pod["spec"].get("restartPolicy") != "Never":
        return False
    failed = [container_state(state, c["name"]).exit for c in init_containers(pod) if not is_sidecar(c)]
    return any(end is not None and end.exit_code != 0 for end in failed)


def is_complete(pod: Json, state: PodState) -> bool:
    """Tell whether the Pod has run to its end: no container runs and none will again."""
    if state.deadline_exceeded or state.reject_reason or init_failed(pod, state):
        return True
    if not init_done(pod, state):
        return False
    for container in regular_containers(pod):
        known = container_state(state, container["name"])
        if known.is_running or known.exit is None or _will_run_again(pod, container, known):
            return False
    return True


def plan_pod(pod: Json, state: PodState, now: float) -> Plan:
    """Return the next steps for `pod`; `state` is not changed."""
    if pod["metadata"].get("deletionTimestamp") is not None or state.terminating_since:
        return _plan_end(pod, state, now, is_deletion=True)
    if is_complete(pod, state):
        return _plan_end(pod, state, now, is_deletion=False)
    deadline = pod["spec"].get("activeDeadlineSeconds")
    deadline_at = state.start_time + float(deadline) if deadline is not None and state.start_time else None
    if not state.has_sandbox:
        if state.retry_at > now:
            return Plan((), _earliest([deadline_at, state.retry_at]))
        return Plan((CreateSandbox(),))
    agenda = _Agenda([], [deadline_at])
    _plan_init(pod, state, now, agenda)
    if init_done(pod, state):
        for container in [*regular_containers(pod), *(pod["spec"].get("ephemeralContainers") or [])]:
            _plan_container(pod, container, state, now, agenda)
    return Plan(tuple(agenda.actions), _earliest(agenda.wakes))


def _earliest(moments: list[float | None]) -> float | None:
    known = [moment for moment in moments if moment is not None]
    return min(known) if known else None


def _plan_init(pod: Json, state: PodState, now: float, agenda: _Agenda) -> None:
    all_done = init_done(pod, state)
    for container in init_containers(pod):
        known = container_state(state, container["name"])
        if is_sidecar(container) or (not all_done and not _init_has_passed(container, known)):
            _plan_container(pod, container, state, now, agenda)
        if not _init_has_passed(container, known):
            return


def _plan_container(pod: Json, container: Json, state: PodState, now: float, agenda: _Agenda) -> None:
    known = container_state(state, container["name"])
    if known.is_running:
        kind = probes.failed_kind(container, known)
        if kind is not None and not known.stop_reason:
            probe = probes.probe_of(container, kind) or {}
            grace = probe.get("terminationGracePeriodSeconds")
            message = f"Container {known.name} failed {kind} probe, will be restarted"
            grace_s = grace_period_s(pod) if grace is None else float(grace)
            agenda.actions.append(StopContainer(known.name, grace_s, "Unhealthy", message))
        return
    is_ephemeral = "targetContainerName" in container or container in (pod["spec"].get("ephemeralContainers") or [])
    if known.exit is not None and (is_ephemeral or not _will_run_again(pod, container, known)):
        return
    wait_s = max(known.retry_at - now, 0.0)
    if known.exit is not None:
        wait_s = max(wait_s, backoff.remaining_s(known.backoff_s, known.exit.finished_at, now))
    if wait_s > 0:
        agenda.wakes.append(now + wait_s)
        return
    agenda.actions.append(StartContainer(known.name, known.attempt + 1 if known.exit is not None else known.attempt))


def _plan_end(pod: Json, state: PodState, now: float, is_deletion: bool) -> Plan:
    running = [known for known in state.containers.values() if known.is_running]
    sidecars = [c["name"] for c in init_containers(pod) if is_sidecar(c)]
    if running and is_deletion and not state.is_out_of_service:
        return Plan((LeaveServices(),))
    if running:
        remaining_s = _grace_left_s(pod, state, now) if is_deletion else grace_period_s(pod)
        reason = "DeadlineExceeded" if state.deadline_exceeded else "Killing"
        first = [known for known in running if known.name not in sidecars]
        if not first:
            last = max(running, key=lambda known: sidecars.index(known.name))
            first = [last]
        stops = [StopContainer(known.name, remaining_s, reason) for known in first if not known.stop_reason]
        return Plan(tuple(stops))
    if state.has_sandbox:
        return Plan((RemoveSandbox(),))
    return Plan((DeletePod(),) if is_deletion else ())


def _grace_left_s(pod: Json, state: PodState, now: float) -> float:
    since = state.terminating_since or now
    return max(1.0, grace_period_s(pod) - (now - since)) if grace_period_s(pod) > 0 else 0.0


def note_exit(known: ContainerState, end: Exit) -> None:
    """Record that the current run of a container ended."""
    known.is_running, known.exit = False, end
    known.stop_reason = ""
    known.probes = {}


def note_start(known: ContainerState, container_id: str, attempt: int, now: float, has_post_start: bool) -> None:
    """Record that a new run of a container began."""
    if known.exit is not None:
        known.last = known.exit
        known.backoff_s = backoff.next_backoff_s(known.backoff_s, known.backoff_set_at, now)
        known.backoff_set_at = now
    known.id, known.attempt, known.started_at = container_id, attempt, now
    known.is_running, known.exit, known.probes = True, None, {}
    known.waiting_reason = known.waiting_message = known.stop_reason = ""
    known.retry_at = known.pull_backoff_s = 0.0
    known.is_post_start_done = not has_post_start


def is_past_deadline(pod: Json, state: PodState, now: float) -> bool:
    """Tell whether activeDeadlineSeconds has run out."""
    deadline = pod["spec"].get("activeDeadlineSeconds")
    return deadline is not None and state.start_time > 0 and now >= state.start_time + float(deadline)
