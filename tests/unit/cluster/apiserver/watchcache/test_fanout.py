"""Many watchers: everybody has a turn, requests in between, one that fails disturbs nobody."""

from __future__ import annotations

import asyncio

from pilothouse.cluster.apiserver.watchcache.fanout import IN_A_TURN, Fanout


class Reader:
    """Notes when it was told."""

    def __init__(self, order: list[int], number: int, *, fails: bool = False) -> None:
        self.order, self.number, self.fails, self.gave_up = order, number, fails, False

    def deliver(self) -> None:
        if self.fails:
            raise ValueError("defect")
        self.order.append(self.number)

    def give_up(self) -> None:
        self.gave_up = True


def test_everybody_is_told_in_turns_and_others_run_between_them() -> None:
    async def run() -> tuple[list[int], list[int]]:
        fanout, order, between = Fanout(), list[int](), list[int]()
        for number in range(3 * IN_A_TURN):
            fanout.add(Reader(order, number))
        while len(order) < 3 * IN_A_TURN:
            await asyncio.sleep(0)
            between.append(len(order))
        return order, between

    order, between = asyncio.run(run())
    assert order == list(range(3 * IN_A_TURN))
    assert between == [IN_A_TURN, 2 * IN_A_TURN, 3 * IN_A_TURN]


def test_one_that_fails_is_given_up_alone() -> None:
    async def run() -> None:
        fanout, order = Fanout(), list[int]()
        readers = [Reader(order, number, fails=number == 1) for number in range(3)]
        for reader in readers:
            fanout.add(reader)
        await asyncio.sleep(0)
        assert order == [0, 2]
        assert [reader.gave_up for reader in readers] == [False, True, False]

    asyncio.run(run())
