"""The order in which Pods are tried, and when a Pod is tried again."""

from pilothouse.api.meta import ObjectKey
from pilothouse.cluster.scheduler.engine.queue import INITIAL_BACKOFF_S, MAX_BACKOFF_S, SET_ASIDE_S, SchedulingQueue

A, B, C = (ObjectKey("default", name) for name in "abc")


def test_priority_comes_first_then_age() -> None:
    queue = SchedulingQueue()
    for key, priority in ((A, 0), (B, 10), (C, 10)):
        queue.add(key, priority)
    assert [queue.pop() for _ in range(4)] == [B, C, A, None]


def test_a_pod_is_queued_once_and_forgotten_for_good() -> None:
    queue = SchedulingQueue()
    queue.add(A, 0)
    queue.add(A, 0)
    assert len(queue) == 1
    queue.forget(A)
    assert queue.pop() is None and len(queue) == 0


def test_a_pod_set_aside_returns_when_something_changes_after_its_backoff() -> None:
    queue = SchedulingQueue()
    queue.add(A, 0)
    assert queue.pop() == A
    queue.set_aside(A, 100.0)
    assert queue.unschedulable == 1 and queue.next_release_s(100.0) == SET_ASIDE_S
    queue.something_changed(100.5)
    assert queue.pop() is None and queue.next_release_s(100.5) == INITIAL_BACKOFF_S - 0.5
    queue.release(101.0)
    assert queue.pop() == A and queue.next_release_s(101.0) is None


def test_a_pod_set_aside_is_tried_again_after_a_while_without_any_change() -> None:
    queue = SchedulingQueue()
    queue.add(A, 0)
    queue.pop()
    queue.set_aside(A, 0.0)
    queue.release(SET_ASIDE_S - 1)
    assert queue.pop() is None
    queue.release(SET_ASIDE_S)
    assert queue.pop() == A


def test_backoff_doubles_up_to_its_limit() -> None:
    queue, waits = SchedulingQueue(), []
    queue.add(A, 0)
    for _ in range(6):
        assert queue.pop() == A
        queue.retry_later(A, 0.0)
        waits.append(queue.next_release_s(0.0))
        queue.release(MAX_BACKOFF_S)
    assert waits == [1.0, 2.0, 4.0, 8.0, MAX_BACKOFF_S, MAX_BACKOFF_S]
