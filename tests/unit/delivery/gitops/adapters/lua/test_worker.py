"""The process of scripts: answers, time limits, and life after a script that does not end."""

import pytest

pytest.importorskip("lupa")

from pilothouse.delivery.gitops.adapters.lua.sandbox import LuaError
from pilothouse.delivery.gitops.adapters.lua.worker import LuaWorker
from pilothouse.kit.clock import SystemClock

FOREVER = "return {status = 'Healthy', message = tostring(string.find(('a'):rep(40), ('a*'):rep(30) .. 'b'))}"


def test_answers_and_a_script_that_takes_for_ever() -> None:
    worker = LuaWorker(SystemClock(), timeout_s=0.3)
    try:
        assert worker.health("return {status = 'Healthy', message = obj.kind}", {"kind": "A"}) == ["Healthy", "A"]
        assert worker.health("return nil", {"kind": "A"}) is None
        assert worker.actions("return {restart = {disabled = true}}", {}) == {"restart": {"disabled": True}}
        assert worker.act("obj.a = actionParams.a; return obj", {"b": []}, {"a": "1"}) == {"a": "1", "b": []}
        with pytest.raises(LuaError, match=r"longer than 0\.3 s$"):
            worker.health(FOREVER, {})
        assert worker.restarts == 1
        with pytest.raises(LuaError, match="not tried again yet"):
            worker.health(FOREVER, {})
        with pytest.raises(LuaError, match="instructions"):
            worker.health("while true do end", {})
        assert worker.health("return {status = 'Healthy'}", {}) == ["Healthy", ""]
    finally:
        worker.close()
