"""The steps of a sync, told by readable transcripts in tests/scenarios."""

from pathlib import Path
from typing import Any

import pytest

from pilothouse.delivery.gitops.engine.health import Health
from pilothouse.delivery.gitops.engine.steps import Progress, next_step, update_progress
from pilothouse.delivery.gitops.engine.tasks import Task, prune_tasks, tasks_of

SCENARIOS = Path(__file__).parents[4] / "scenarios"


class Run:
    """Interprets one transcript."""

    def __init__(self) -> None:
        self.targets: list[dict[str, Any]] = []
        self.gone: list[dict[str, Any]] = []
        self.live: dict[str, Any] = {}
        self.health: dict[str, Health | None] = {}
        self.progress: dict[str, Progress] = {}

    def tasks(self) -> list[Task]:
        return tasks_of(self.targets, "abc", 0) + prune_tasks(self.gone, prune_last=False, last_wave=0)

    def find(self, name: str) -> Task:
        return next(task for task in self.tasks() if task.name == name)

    def tree(self, name: str, settings: str) -> dict[str, Any]:
        keys = {"wave": "argocd.argoproj.io/sync-wave", "hook": "argocd.argoproj.io/hook",
                "delete": "argocd.argoproj.io/hook-delete-policy"}  # fmt: skip
        annotations = {keys[key]: value for key, _, value in (part.partition("=") for part in settings.split())}
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": "ns", "annotations": annotations},
        }

    def command(self, verb: str, name: str, rest: str) -> str:
        if verb == "want":
            self.targets.append(self.tree(name, rest))
        elif verb == "surplus":
            self.gone.append(self.tree(name, rest))
            self.live[self.find(name).id] = self.gone[-1]
        elif verb == "live":
            self.live[self.find(name).id] = {}
        elif verb == "gone":
            self.live.pop(self.find(name).id, None)
        elif verb == "health":
            self.health[self.find(name).id] = Health(*rest.split(" ", 1))
        elif verb == "refused":
            self.progress[self.find(name).id] = Progress("failed", rest)
        elif verb == "step":
            return self.step()
        return ""

    def step(self) -> str:
        tasks = self.tasks()
        update_progress(tasks, self.progress, self.live, self.health)
        step = next_step(tasks, self.progress, self.live)
        lines = [f"delete {task.name}" for task in step.delete_first]
        lines += [f"{'apply' if task.target else 'prune'} {task.name}" for task in step.apply]
        lines += [f"remove {task.name}" for task in step.cleanup]
        for task in step.apply:
            self.progress[task.id] = Progress("running")
            if task.target:
                self.live[task.id] = {}
                self.health.setdefault(task.id, Health("Progressing"))
        return "\n".join([*lines, f"{step.phase}: {step.message}"])


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("gitops-sync-*.txt")), ids=lambda path: path.stem)
def test_transcript(path: Path) -> None:
    """Lines beginning with `>` are commands, the lines behind them what the engine must answer."""
    run, expected, answer = Run(), [], []
    for line in path.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("> "):
            assert answer == expected, path.name
            verb, _, rest = line[2:].partition(" ")
            name, _, rest = rest.partition(" ")
            answer, expected = run.command(verb, name, rest).splitlines(), []
        else:
            expected.append(line)
    assert answer == expected, path.name
