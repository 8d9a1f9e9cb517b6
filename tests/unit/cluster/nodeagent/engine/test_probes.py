"""Thresholds, back-off and verdicts."""

from __future__ import annotations

from pilothouse.cluster.nodeagent.engine import backoff, probes
from pilothouse.cluster.nodeagent.types import ContainerState, ProbeState


def run(probe: dict[str, int], outcomes: str) -> ProbeState:
    state = ProbeState()
    for outcome in outcomes:
        state = probes.observe(probe, state, outcome == "+", "why")
    return state


def test_thresholds() -> None:
    probe = {"failureThreshold": 3, "successThreshold": 2}
    assert run(probe, "+").result is None
    assert run(probe, "++").result is True
    assert run(probe, "++--").result is True
    assert run(probe, "++---").result is False
    assert run(probe, "++---+").result is False
    assert run(probe, "++---++").result is True
    assert run(probe, "--+--").result is None
    assert run(probe, "---").message == "why"


def test_startup_holds_back_the_others() -> None:
    container = {"name": "m", "startupProbe": {}, "livenessProbe": {}, "readinessProbe": {}}
    known = ContainerState("m", is_running=True)
    assert probes.active_kinds(container, known) == ["startup"] and not probes.is_ready(container, known)
    known.probes = {"startup": ProbeState(True)}
    assert probes.active_kinds(container, known) == ["liveness", "readiness"] and probes.is_started(container, known)
    assert not probes.is_ready(container, known)
    known.probes = {**known.probes, "readiness": ProbeState(True), "liveness": ProbeState(False)}
    assert probes.is_ready(container, known) and probes.failed_kind(container, known) == "liveness"
    known.stop_reason = "Unhealthy"
    assert probes.active_kinds(container, known) == []


def test_post_start_comes_first() -> None:
    known = ContainerState("m", is_running=True, is_post_start_done=False)
    assert probes.active_kinds({"name": "m", "startupProbe": {}}, known) == [] and not probes.is_started({"name": "m"}, known)


def test_crash_backoff_doubles_to_five_minutes_and_resets() -> None:
    delay_s, delays = 0.0, []
    for run_number in range(8):
        delay_s = backoff.next_backoff_s(delay_s, 0.0, float(run_number))
        delays.append(delay_s)
    assert delays == [10, 20, 40, 80, 160, 300, 300, 300]
    assert backoff.next_backoff_s(300, 0.0, 601.0) == 10
    assert backoff.remaining_s(10, 100.0, 104.0) == 6 and backoff.remaining_s(0, 100.0, 100.0) == 0
    assert [backoff.words(value) for value in (10, 80, 300)] == ["10s", "1m20s", "5m0s"]
