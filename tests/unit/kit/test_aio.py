"""Every task has a parent: failures are told, nothing outlives its scope."""

import asyncio
import threading

import pytest

from pilothouse.kit.aio import TaskScope, Threads, offload, run_all, shielded


def test_a_scope_ends_its_children() -> None:
    async def run() -> None:
        ended: list[str] = []

        async def child() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("child")

        async with TaskScope("test") as scope:
            scope.spawn(child(), "child")
            await asyncio.sleep(0)
        assert ended == ["child"]
        await scope.close()
        with pytest.raises(RuntimeError, match="is closed"):
            scope.spawn(child(), "late")

    asyncio.run(run())


def test_a_failing_child_is_told() -> None:
    async def run() -> None:
        told: list[tuple[str, BaseException]] = []
        scope = TaskScope("test", lambda name, error: told.append((name, error)))

        async def fails() -> None:
            raise ValueError("broken")

        task = scope.spawn(fails(), "fails")
        await asyncio.wait([task])
        await asyncio.sleep(0)
        assert told[0][0] == "test/fails"
        assert isinstance(told[0][1], ValueError)
        await scope.close()

    asyncio.run(run())


def test_run_all_keeps_order_and_raises_the_failure_itself() -> None:
    async def number(value: int) -> int:
        await asyncio.sleep(0.001 * (3 - value))
        return value

    async def fails() -> int:
        raise KeyError("x")

    assert asyncio.run(run_all(number(value) for value in range(3))) == [0, 1, 2]
    with pytest.raises(KeyError):
        asyncio.run(run_all([number(1), fails()]))


def test_offload_runs_elsewhere() -> None:
    import threading

    async def run() -> None:
        assert await offload(threading.get_ident) != threading.get_ident()
        with pytest.raises(ZeroDivisionError):
            await offload(lambda: 1 / 0)

    asyncio.run(run())


def test_shielded_work_finishes_although_the_caller_is_cancelled() -> None:
    async def run() -> None:
        done: list[int] = []

        async def work() -> None:
            await asyncio.sleep(0.02)
            done.append(1)

        task = asyncio.create_task(shielded(work(), 1.0))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert done == [1]

    asyncio.run(run())


def test_threads_that_hang_take_none_of_the_others() -> None:
    async def run() -> None:
        gate = threading.Event()
        own = Threads("stuck", 1)
        stuck = [asyncio.ensure_future(own.run(gate.wait)) for _ in range(50)]
        assert await offload(lambda: 1) == 1
        gate.set()
        assert all(await asyncio.gather(*stuck))

    asyncio.run(run())
