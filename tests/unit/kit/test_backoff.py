"""Backoff doubles up to its cap, with bounded jitter."""

from pilothouse.kit.backoff import Backoff
from pilothouse.kit.clock import Entropy


def test_doubles_caps_and_resets() -> None:
    backoff = Backoff(1.0, 5.0)
    assert [backoff.next_delay_s() for _ in range(5)] == [1.0, 2.0, 4.0, 5.0, 5.0]
    backoff.reset()
    assert backoff.next_delay_s() == 1.0


def test_jitter_stays_within_its_share() -> None:
    backoff = Backoff(10.0, 10.0, Entropy(1), jitter=0.1)
    delays = [backoff.next_delay_s() for _ in range(200)]
    assert all(9.0 <= delay <= 11.0 for delay in delays)
    assert len(set(delays)) > 100
