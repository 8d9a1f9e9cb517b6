"""Readable transcripts of Pods: every row of tests/scenarios/nodeagent_*.txt is one event and what follows from it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pilothouse.cluster.nodeagent.engine.plan import note_exit, note_start, plan_pod
from pilothouse.cluster.nodeagent.engine.probes import observe
from pilothouse.cluster.nodeagent.engine.status import pod_status
from pilothouse.cluster.nodeagent.types import (
    Action,
    ContainerState,
    Exit,
    Json,
    PodState,
    ProbeState,
    StartContainer,
    StopContainer,
)

FILES = sorted((Path(__file__).parents[4] / "scenarios").glob("nodeagent_*.txt"))


def words(action: Action) -> str:
    match action:
        case StartContainer(name, attempt):
            return f"StartContainer {name} #{attempt}"
        case StopContainer(name, grace_s, _, _):
            return f"StopContainer {name} {grace_s:.0f}s"
    return type(action).__name__


class Story:
    def __init__(self, spec: Json) -> None:
        self.pod: Json = {"metadata": {"name": "p", "namespace": "default", "uid": "u", "generation": 1}, "spec": spec}
        self.state = PodState("u", "default", "p")

    def happen(self, event: str, now: float) -> None:
        state = self.state
        match event.split():
            case ["appears"]:
                state.start_time = now
            case ["sandbox", "ready"]:
                state.has_sandbox, state.address = True, "10.244.0.2"
            case ["sandbox", "removed"]:
                state.has_sandbox, state.is_finished = False, True
            case ["started", name]:
                known = state.containers.setdefault(name, ContainerState(name))
                attempt = known.attempt + 1 if known.exit else 0
                note_start(known, f"{name}-{attempt}", attempt, now, has_post_start=False)
            case ["exited", name, code]:
                known = state.containers[name]
                reason = "Completed" if code == "0" else "Error"
                note_exit(known, Exit(int(code), reason, known.started_at, now, known.id))
            case ["probe", name, kind, outcome]:
                known = state.containers[name]
                probe = next(c for c in self.pod["spec"]["containers"] if c["name"] == name)[f"{kind}Probe"]
                before = known.probes.get(kind, ProbeState())
                known.probes = {**known.probes, kind: observe(probe, before, outcome == "pass")}
            case ["deleted"]:
                self.pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
                self.pod["metadata"]["deletionGracePeriodSeconds"] = 30
                state.terminating_since = now
            case ["out", "of", "services"]:
                state.is_out_of_service = True
            case ["nothing"]:
                pass
            case _:
                raise AssertionError(f"unknown event {event!r}")

    def next_steps(self, now: float) -> str:
        plan = plan_pod(self.pod, self.state, now)
        for action in plan.actions:
            if isinstance(action, StopContainer):
                self.state.containers[action.name].stop_reason = action.reason
        if plan.actions:
            return ", ".join(words(action) for action in plan.actions)
        return f"wake {plan.wake_at:.0f}" if plan.wake_at is not None else "-"

    def shown(self, names: list[str], now: float) -> str:
        status = pod_status(self.pod, self.state, "192.0.2.1", now)
        by_name = {s["name"]: s["state"] for f in ("initContainerStatuses", "containerStatuses") for s in status.get(f, [])}
        parts = [status["phase"] + " "]
        for name in names:
            (kind, detail), *_ = by_name[name].items()
            parts.append(f"{name}={'running' if kind == 'running' else detail['reason']}")
        ready = next(c for c in status["conditions"] if c["type"] == "Ready")
        return " ".join(parts) + (" READY" if ready["status"] == "True" else "")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_transcript(path: Path) -> None:
    story: Story | None = None
    rows = 0
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("pod "):
            story = Story(json.loads(line[4:]))
        elif line and not line.startswith("#"):
            assert story is not None
            at, event, steps, shown = (part.strip() for part in line.split("|"))
            names = [word.partition("=")[0] for word in shown.split() if "=" in word]
            story.happen(event, 1000.0 + float(at))
            steps = f"wake {1000 + int(steps.split()[1])}" if steps.startswith("wake") else steps
            got = (story.next_steps(1000.0 + float(at)), story.shown(names, 1000.0 + float(at)))
            assert got == (steps, shown), f"{path.name} line {number}: {event}"
            rows += 1
    assert rows > 5
