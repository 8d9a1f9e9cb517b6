"""Who goes next."""

from __future__ import annotations

from pilothouse.cluster.apiserver.http.flowcontrol.queues import QueueSet, Waiting, deal, hash_of


def waiting(flow: str, width: int = 1) -> Waiting:
    return Waiting("s", flow, width, 0.0, lambda: None)


def test_hands_are_of_different_cards_and_depend_on_the_flow() -> None:
    hands = {tuple(deal(hash_of("s", str(flow)), 64, 6)) for flow in range(200)}
    assert len(hands) > 190 and all(len(set(hand)) == 6 and max(hand) < 64 for hand in hands)
    assert deal(0, 4, 4) == [0, 1, 2, 3] and deal(7, 8, 1) == [7]


def test_a_flow_uses_the_shortest_queue_of_its_hand_until_all_are_full() -> None:
    queues = QueueSet(64, 4, 2)
    taken = [waiting("a") for _ in range(9)]
    assert [queues.add(item) for item in taken] == [True] * 8 + [False]
    assert sorted(len(queue.items) for queue in queues.queues)[-4:] == [2, 2, 2, 2] and queues.waiting == 8
    assert queues.add(waiting("b"))
    queues.discard(taken[0])
    assert queues.waiting == 8 and queues.add(waiting("a"))


def test_a_flow_of_many_does_not_hold_up_a_flow_of_one() -> None:
    queues = QueueSet(128, 1, 50)
    for _ in range(20):
        queues.add(waiting("greedy"))
    queues.add(waiting("modest"))
    order = []
    for _ in range(2):
        item = queues.first()
        assert item is not None and item.queue is not None
        queues.take(item)
        item.queue.done(item.width, 1.0)
        order.append(item.flow)
    assert sorted(order) == ["greedy", "modest"]


def test_wide_and_long_requests_are_paid_for() -> None:
    queues = QueueSet(2, 1, 50)
    item = waiting("a", 5)
    queues.add(item)
    queues.take(item)
    assert item.queue is not None and item.queue.load == 5
    item.queue.done(5, 2.0)
    assert item.queue.load == 0 and round(item.queue.virtual, 6) == 10.0 and queues.first() is None


def test_queues_are_made_when_used_and_forgotten_when_there_are_many() -> None:
    queues = QueueSet(10_000_000, 6, 5)
    kept = waiting("kept")
    assert queues.add(kept)
    for flow in range(400):
        item = waiting(str(flow))
        queues.add(item)
        queues.discard(item)
    assert len(queues.queues) <= 1_006 and any(kept in queue.items for queue in queues.queues)
