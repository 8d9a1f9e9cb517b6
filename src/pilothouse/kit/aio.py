"""The seam for concurrency: every task has a parent that waits for it.

`TaskScope` is the only place that creates background tasks. A scope is opened by a service, closed by it, and nothing it
started outlives `close`. A child that fails is logged, counted and handed to `on_failure`; it never disappears silently.
Blocking work goes through `offload`, which uses the loop's own bounded thread pool.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, Protocol, Self, TypeVar

T = TypeVar("T")
P = ParamSpec("P")
logger = logging.getLogger("pilothouse.aio")


class Service(Protocol):
    """Something with a life: `start` returns when it is ready, `stop` may be called at any time, also twice."""

    async def start(self) -> None:
        """Become ready."""
        ...

    async def stop(self) -> None:
        """Release everything."""
        ...


class TaskScope:
    """The parent of a set of background tasks."""

    def __init__(self, name: str, on_failure: Callable[[str, BaseException], None] | None = None) -> None:
        """Name the scope; `on_failure(task name, error)` is called when a child fails."""
        self.name = name
        self._on_failure = on_failure
        self._tasks: set[asyncio.Task[Any]] = set()
        self._is_closed = False

    def spawn(self, coroutine: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Run `coroutine` as a child until it ends or the scope closes."""
        if self._is_closed:
            coroutine.close()
            raise RuntimeError(f"scope {self.name} is closed: {name} cannot start")
        task = asyncio.get_running_loop().create_task(coroutine, name=f"{self.name}/{name}")
        self._tasks.add(task)
        task.add_done_callback(self._reap)
        return task

    def _reap(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            return
        logger.error("background task %s failed: %r", task.get_name(), error, exc_info=error)
        if self._on_failure is not None:
            self._on_failure(task.get_name(), error)

    async def close(self, timeout_s: float = 10.0) -> None:
        """Cancel every child and wait for them, at most `timeout_s` seconds; safe to call twice."""
        self._is_closed = True
        current = asyncio.current_task()
        pending = [task for task in self._tasks if task is not current]
        for task in pending:
            task.cancel()
        if pending:
            _, stuck = await asyncio.wait(pending, timeout=timeout_s)
            for task in stuck:
                logger.error("task %s did not stop within %.0f s", task.get_name(), timeout_s)

    async def __aenter__(self) -> Self:
        """Open the scope."""
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Close the scope."""
        await self.close()


async def run_all(coroutines: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run coroutines side by side; the first failure cancels the others and is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(coroutine) for coroutine in coroutines]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from failures
    return [task.result() for task in tasks]


async def offload(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run blocking `function` in the loop's bounded thread pool."""
    context = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(None, partial(context.run, partial(function, *args, **kwargs)))


class Threads:
    """A bounded thread pool of its own, for blocking work that may hang and must not take the threads of everybody else."""

    def __init__(self, name: str, workers: int) -> None:
        """Start threads when there is work, at most `workers`."""
        self._name, self._workers = name, workers
        self._pool: ThreadPoolExecutor | None = None

    async def run(self, function: Callable[[], T]) -> T:
        """Run `function` on one of the threads."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix=self._name)
        return await asyncio.get_running_loop().run_in_executor(self._pool, function)


async def shielded(awaitable: Awaitable[T], timeout_s: float) -> T | None:
    """Finish `awaitable` although the caller is being cancelled, for at most `timeout_s` seconds."""
    task = asyncio.ensure_future(awaitable)
    try:
        return await asyncio.wait_for(asyncio.shield(task), timeout_s)
    except TimeoutError:
        task.cancel()
        return None
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=timeout_s)
        task.cancel()
        raise


async def yield_now() -> None:
    """Let other tasks run once."""
    await asyncio.sleep(0)


def cancel_on(task: asyncio.Task[Any], event: asyncio.Event) -> Coroutine[Any, Any, None]:
    """Return a coroutine that cancels `task` once `event` is set."""

    async def watcher() -> None:
        await event.wait()
        task.cancel()

    return watcher()
