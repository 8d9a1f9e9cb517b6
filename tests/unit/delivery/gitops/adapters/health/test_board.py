"""The board: who is asked when, on a clock in memory, and that nobody waits for a probe that hangs."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.adapters.health.asking import Asker
from pilothouse.delivery.gitops.adapters.health.board import KEEP_S, ProbeBoard
from pilothouse.delivery.gitops.engine.health import Health
from pilothouse.delivery.gitops.engine.probes import ANNOTATION, Answer, Plan
from pilothouse.delivery.gitops.errors import ProbeFailed
from pilothouse.kit.clock import Entropy, ManualClock, SystemClock
from pilothouse.kit.errors import Invalid
from pilothouse.kit.metrics import MetricsRegistry
from pilothouse.sdk.client import Client
from tests.unit.delivery.gitops.adapters.health.servers import web

HEALTHY = Health("Healthy", "", "probe")


def thing(name: str = "shop", probe: str = "tcp: {port: 1}\nhealthyAfter: 1\nunhealthyAfter: 2", version: str = "1") -> Tree:
    meta = {"name": name, "namespace": "default", "uid": name, "resourceVersion": version, "annotations": {ANNOTATION: probe}}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta}


class Script:
    """Answers as told, and counts; an object called `hang` never gets an answer."""

    def __init__(self) -> None:
        self.answer = Answer(True)
        self.asked: list[str] = []

    async def ask(self, plan: Plan, tree: Tree, client: Client | None) -> Answer:
        self.asked.append(tree["metadata"]["name"])
        if tree["metadata"]["name"] == "hang":
            await asyncio.Event().wait()
        return self.answer


class Scene:
    """A board on a clock in memory."""

    def __init__(self) -> None:
        self.script, self.clock, self.changed = Script(), ManualClock(), list[str]()
        self.board = ProbeBoard(self.script, self.clock, Entropy(1))
        self.board.on_change(lambda tree: self.changed.append(tree["metadata"]["name"]))


def play(story: Callable[[Scene], Awaitable[None]]) -> None:
    async def run() -> None:
        scene = Scene()
        try:
            await story(scene)
        finally:
            await scene.board.stop()

    asyncio.run(run())


def test_the_first_judgement_does_not_wait() -> None:
    async def story(scene: Scene) -> None:
        first = await scene.board.health_of(thing())
        assert first is not None
        assert (first.status, first.source) == ("Progressing", "probe")
        await scene.clock.advance(0)
        assert scene.changed == ["shop"]
        assert await scene.board.health_of(thing()) == HEALTHY

    play(story)


def test_intervals_are_jittered_and_changes_ask_at_once() -> None:
    async def story(scene: Scene) -> None:
        await scene.board.health_of(thing())
        await scene.clock.advance(8.9)
        assert len(scene.script.asked) == 1
        await scene.clock.advance(2.2)
        assert len(scene.script.asked) == 2
        await scene.clock.advance(1)
        await scene.board.health_of(thing(version="2"))
        await scene.clock.advance(0)
        assert len(scene.script.asked) == 3
        for _ in range(20):
            await scene.board.health_of(thing(f"n{_}"))
        await scene.clock.advance(0.5)
        due = {alarm.when for alarm in scene.clock.pending()}
        assert len(due) == 21

    play(story)


def test_what_becomes_healthy_is_asked_every_second_and_verdicts_wait_for_more_answers() -> None:
    async def story(scene: Scene) -> None:
        scene.script.answer = Answer(False, "cold")
        await scene.board.health_of(thing())
        await scene.clock.advance(5.5)
        assert 5 <= len(scene.script.asked) <= 7
        assert await scene.board.health_of(thing()) == Health("Progressing", "cold", "probe")
        scene.script.answer = Answer(True)
        await scene.clock.advance(1.5)
        assert await scene.board.health_of(thing()) == HEALTHY
        scene.changed.clear()
        scene.script.answer = Answer(False, "down")
        await scene.clock.advance(11)
        assert (await scene.board.health_of(thing()), scene.changed) == (HEALTHY, [])
        await scene.clock.advance(11)
        assert await scene.board.health_of(thing()) == Health("Degraded", "down", "probe")
        assert scene.changed == ["shop"]

    play(story)


def test_a_probe_that_fails_lets_others_judge() -> None:
    async def story(scene: Scene) -> None:
        scene.script.answer = Answer(None, "timed out")
        await scene.board.health_of(thing())
        await scene.clock.advance(0)
        with pytest.raises(ProbeFailed, match="timed out"):
            await scene.board.health_of(thing())
        scene.script.answer = Answer(True, "", "Healthy", "b: timed out")
        await scene.clock.advance(25)
        found = await scene.board.health_of(thing())
        assert found == Health("Healthy", "", "probe", "health probe: b: timed out")

    play(story)


def test_a_probe_that_fails_is_asked_less_and_less() -> None:
    async def story(scene: Scene) -> None:
        scene.script.answer = Answer(None, "timed out")
        await scene.board.health_of(thing())
        await scene.clock.advance(200)
        assert 5 <= len(scene.script.asked) <= 7

    play(story)


def test_a_verdict_on_another_specification_is_no_proof() -> None:
    async def story(scene: Scene) -> None:
        def version(number: int) -> Tree:
            tree = thing(version=str(number))
            tree["metadata"]["generation"] = number
            return tree

        await scene.board.health_of(version(1))
        await scene.clock.advance(0)
        assert await scene.board.health_of(version(1)) == HEALTHY
        again = await scene.board.health_of(version(2))
        assert again is not None
        assert again.status == "Progressing"
        await scene.clock.advance(1)
        assert await scene.board.health_of(version(2)) == HEALTHY

    play(story)


def test_one_that_hangs_holds_nobody_back() -> None:
    async def story(scene: Scene) -> None:
        await scene.board.health_of(thing("hang"))
        for number in range(100):
            await scene.board.health_of(thing(f"n{number}"))
        await scene.clock.advance(0)
        assert [await scene.board.health_of(thing(f"n{number}")) for number in range(100)] == [HEALTHY] * 100
        hung = await scene.board.health_of(thing("hang"))
        assert hung is not None
        assert hung.status == "Progressing"

    play(story)


def test_a_real_endpoint_that_hangs_holds_back_none_of_a_hundred(tmp_path: Path) -> None:
    (tmp_path / "hang").write_text("#!/bin/sh\nsleep 1000\n")
    (tmp_path / "hang").chmod(0o755)

    async def run() -> None:
        async with web() as server:
            clock = SystemClock()
            board = ProbeBoard(Asker(clock, MetricsRegistry(), tmp_path), clock, Entropy(1))
            ready = json.dumps({"http": {"url": server.url()}})
            hang = json.dumps({"http": {"url": server.url("/hang")}, "timeout": 60})
            trees = [thing(f"n{number}", ready) for number in range(100)]
            stuck = [thing("endpoint", hang), thing("program", '{"program": {"name": "hang"}, "timeout": 60}')]
            for tree in (*stuck, *trees):
                await board.health_of(tree)
            async with asyncio.timeout(5):
                while [await board.health_of(tree) for tree in trees] != [HEALTHY] * 100:
                    await asyncio.sleep(0.01)
            for tree in stuck:
                waiting = await board.health_of(tree)
                assert waiting is not None
                assert waiting.status == "Progressing"
            await board.stop()

    asyncio.run(run())


def test_objects_without_probes_and_kinds_with_one() -> None:
    async def story(scene: Scene) -> None:
        plain: Tree = {"apiVersion": "example.com/v1", "kind": "Boat", "metadata": {"name": "b", "namespace": "default"}}
        assert await scene.board.health_of(plain) is None
        scene.board.use({"resource.customizations.probe.example.com_Boat": "tcp: {host: b, port: 1}", "other": "x"})
        await scene.board.health_of(plain)
        await scene.clock.advance(0)
        assert await scene.board.health_of(plain) == HEALTHY
        with pytest.raises(Invalid, match="unknown field"):
            await scene.board.health_of(thing(probe="tpc: {}"))
        scene.board.use({})
        assert await scene.board.health_of(plain) is None
        asked = len(scene.script.asked)
        await scene.clock.advance(60)
        assert len(scene.script.asked) == asked

    play(story)


def test_what_nobody_wants_to_know_is_forgotten() -> None:
    async def story(scene: Scene) -> None:
        await scene.board.health_of(thing())
        await scene.clock.advance(KEEP_S + 20)
        assert scene.changed == ["shop", "shop"]
        await scene.clock.advance(KEEP_S + 20)
        asked = len(scene.script.asked)
        await scene.clock.advance(100)
        assert len(scene.script.asked) == asked

    play(story)
