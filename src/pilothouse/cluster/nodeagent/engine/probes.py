"""The probe state machine: thresholds turn single outcomes into verdicts.

A startup probe holds back the other two until it has passed; a verdict changes only after `failureThreshold` or
`successThreshold` outcomes in a row. The runner in `adapters` asks when to probe next and reports outcomes here.
"""

from __future__ import annotations

from pilothouse.cluster.nodeagent.types import ContainerState, Json, ProbeKind, ProbeState

KINDS: tuple[ProbeKind, ...] = ("startup", "liveness", "readiness")


def probe_of(container: Json, kind: ProbeKind) -> Json | None:
    """Return the probe's specification, or None."""
    found = container.get(f"{kind}Probe")
    return found if isinstance(found, dict) else None


def period_s(probe: Json) -> float:
    """Return the seconds between two probes."""
    return float(probe.get("periodSeconds") or 10)


def timeout_s(probe: Json) -> float:
    """Return how long one probe may take, in seconds."""
    return float(probe.get("timeoutSeconds") or 1)


def first_at(probe: Json, started_at: float) -> float:
    """Return the time of the first probe of a run."""
    return started_at + float(probe.get("initialDelaySeconds") or 0)


def observe(probe: Json, state: ProbeState, is_success: bool, message: str = "") -> ProbeState:
    """Return the state after one more outcome."""
    successes = state.successes + 1 if is_success else 0
    failures = 0 if is_success else state.failures + 1
    result = state.result
    if is_success and successes >= int(probe.get("successThreshold") or 1):
        result = True
    elif not is_success and failures >= int(probe.get("failureThreshold") or 3):
        result = False
    return ProbeState(result, successes, failures, state.message if is_success else message)


def is_started(container: Json, state: ContainerState) -> bool:
    """Tell whether the current run counts as started: running, postStart done, startup probe passed."""
    if not state.is_running or not state.is_post_start_done:
        return False
    if probe_of(container, "startup") is None:
        return True
    return state.probes.get("startup", ProbeState()).result is True


def is_ready(container: Json, state: ContainerState) -> bool:
    """Tell whether the current run may receive traffic."""
    if not is_started(container, state):
        return False
    if probe_of(container, "readiness") is None:
        return True
    return state.probes.get("readiness", ProbeState()).result is True


def active_kinds(container: Json, state: ContainerState) -> list[ProbeKind]:
    """Return the probes that run now."""
    if not state.is_running or state.stop_reason:
        return []
    if not is_started(container, state):
        return ["startup"] if probe_of(container, "startup") is not None and state.is_post_start_done else []
    return [kind for kind in ("liveness", "readiness") if probe_of(container, kind) is not None]


def failed_kind(container: Json, state: ContainerState) -> ProbeKind | None:
    """Return the probe that demands the end of this run: liveness, or startup that never passed."""
    for kind in ("startup", "liveness"):
        if probe_of(container, kind) is not None and state.probes.get(kind, ProbeState()).result is False:
            return kind
    return None
