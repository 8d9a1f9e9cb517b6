"""jq in a process of its own: it answers, it is told what is wrong, and it is stopped when it never ends."""

import pytest

from pilothouse.delivery.gitops.adapters.jq import JqWorker
from pilothouse.delivery.gitops.errors import IgnoreRuleFailed


def test_programs_run_and_endless_ones_are_stopped() -> None:
    pytest.importorskip("jq")
    worker = JqWorker(timeout_s=2.0)
    try:
        assert worker.run("del(.a)", {"a": 1, "b": 2}) == {"b": 2}
        with pytest.raises(IgnoreRuleFailed, match="jq cannot run"):
            worker.run("nonsense(", {})
        endless = JqWorker(timeout_s=0.3)
        with pytest.raises(IgnoreRuleFailed, match="timed out"):
            endless.run("until(false; .)", {})
        endless.close()
        assert worker.run(".", {"a": 1}) == {"a": 1}
    finally:
        worker.close()
