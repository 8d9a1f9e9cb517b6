"""Virtual time: a clock that moves only when nothing is left to do, and the event loop that knows when that is.

A control plane of a test is given a `VirtualClock` and runs on the `VirtualLoop` of it. The loop waits in its selector only when
no callback is ready. If no socket has anything either and no off-loaded work is under way, the clock may jump to the next timer.
Work in threads is awaited before that, and its results are taken up in the order it was handed over, so a run depends on nothing
but its inputs and can be repeated. Nor does time pass while a server outside is asked (`calling`). Time outs of sockets stay in
real time: they belong to the machine, not to the control plane.
"""

from __future__ import annotations

import asyncio
import heapq
import selectors
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar

from pilothouse.kit.clock import Clock, ManualClock

T = TypeVar("T")
START = 1_767_225_600.0
"""2026-01-01T00:00:00Z: where virtual time begins unless told otherwise."""
SETTLE_S = 1.0
"""How far time may go by itself after a stimulus: controllers retry and gather within less than this."""


class VirtualClock(ManualClock):
    """A clock that is moved by `advance`, by itself while somebody is `riding`, and a little after each `stimulus`."""

    def __init__(self, start: float = START) -> None:
        """Begin at `start` seconds since 1970."""
        super().__init__(start)
        self._quiet: deque[asyncio.Future[None]] = deque()
        self._targets: list[tuple[float, int, asyncio.Future[None]]] = []
        self._riders = 0
        self._calls = 0
        self._settling_until = start
        self.is_held: Callable[[], bool] = lambda: False
        """Whether somebody works whose time is not virtual: then only `advance` moves the clock."""

    def stimulus(self) -> None:
        """Something came from outside: let short delays pass, so that what it causes comes to an end."""
        self._settling_until = self._now + SETTLE_S

    async def quiet(self) -> None:
        """Return when everything else has come to rest; no time passes."""
        self._quiet.append(future := asyncio.get_running_loop().create_future())
        await future

    async def advance(self, delay_s: float) -> None:
        """Let `delay_s` seconds pass; returns when all that became due in them is done."""
        self._order += 1
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._targets, (self._now + delay_s, self._order, future))
        await future

    @contextmanager
    def riding(self) -> Iterator[None]:
        """Let time pass as fast as things come to rest."""
        self._riders += 1
        try:
            yield
        finally:
            self._riders -= 1

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Let no time pass at all: somebody outside was asked, and answers in real time."""
        self._calls += 1
        try:
            yield
        finally:
            self._calls -= 1

    def step(self) -> bool:
        """Make the next thing happen; False when nothing may. The loop calls this when all is quiet."""
        if self._calls:
            return False
        if self._go_off(self._settling_until):
            return True
        while self._quiet:
            if _is_woken(self._quiet.popleft()):
                return True
        while self._targets:
            limit, _, future = self._targets[0]
            if not future.done() and self._go_off(limit):
                return True
            heapq.heappop(self._targets)
            if not future.done():
                self._now = max(self._now, limit)
                return _is_woken(future)
        return self._riders > 0 and not self.is_held() and self._go_off(float("inf"))


def calling(clock: Clock) -> AbstractContextManager[None]:
    """Let no time pass, if it is virtual, while somebody outside is asked."""
    return clock.calling() if isinstance(clock, VirtualClock) else nullcontext()


def _is_woken(future: asyncio.Future[None]) -> bool:
    if future.done():
        return False
    future.set_result(None)
    return True


class VirtualLoop(asyncio.SelectorEventLoop):
    """The event loop of a `VirtualClock`."""

    def __init__(self, clock: VirtualClock) -> None:
        """Move `clock` whenever everything waits."""
        self._clock = clock
        self._work: deque[tuple[asyncio.Future[Any], asyncio.Future[Any]]] = deque()
        super().__init__(_QuietSelector(self._step))

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override]
        """Run `func` in a thread; its result arrives when the loop is quiet, after those of work handed over before."""
        inner, outer = super().run_in_executor(executor, func, *args), self.create_future()
        self._work.append((inner, outer))
        return outer

    def _step(self) -> bool:
        if not self._work:
            return self._clock.step()
        inner, outer = self._work[0]
        if not inner.done():
            return False
        self._work.popleft()
        _hand_over(inner, outer)
        return True


def _hand_over(inner: asyncio.Future[T], outer: asyncio.Future[T]) -> None:
    error = None if inner.cancelled() else inner.exception()
    if outer.done():
        return
    if inner.cancelled():
        outer.cancel()
    elif error is not None:
        outer.set_exception(error)
    else:
        outer.set_result(inner.result())


class _QuietSelector(selectors.BaseSelector):
    """A selector that tells when it would have to wait."""

    def __init__(self, step: Callable[[], bool]) -> None:
        self._inner, self._step = selectors.DefaultSelector(), step

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return self._inner.select(0)
        return self._inner.select(0) or ([] if self._step() else self._inner.select(timeout))

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._inner.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.modify(fileobj, events, data)

    def close(self) -> None:
        self._inner.close()

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._inner.get_map()
