"""`python -m pilothouse.delivery.gitops.adapters.lua.child`: answers scripts line by line for `worker`."""

from __future__ import annotations

import json
import sys
from typing import Any

from pilothouse.delivery.gitops.adapters.lua.checks import script_health
from pilothouse.delivery.gitops.adapters.lua.sandbox import LuaError, Sandbox
from pilothouse.delivery.gitops.adapters.lua.tables import plain


def answer(sandbox: Sandbox, request: dict[str, Any]) -> Any:
    """Run one request."""
    script, tree = request["script"], request["tree"]
    if request["do"] == "health":
        verdict = script_health(sandbox, script, tree)
        return None if verdict is None else [verdict.status, verdict.message]
    if request["do"] == "discover":
        return plain(sandbox, sandbox.run(script, tree))
    return results(sandbox, script, tree, request["params"])


def results(sandbox: Sandbox, script: str, tree: Any, params: dict[str, str]) -> Any:
    """Return what an action returns: the object it was given, changed, or a list of operations."""
    found = sandbox.run(script, tree, params)
    if not sandbox.is_table(found):
        raise LuaError("an action script returns the object, or a list of operations")
    if found["operation"] is None and found[1] is not None:
        steps = (found[number] for number in range(1, len(found) + 1))
        return [{"operation": step["operation"], "resource": plain(sandbox, step["resource"], tree)} for step in steps]
    return plain(sandbox, found, tree)


def main() -> None:
    """Answer until the input ends."""
    sandbox = Sandbox()
    _say(None, "")
    for line in sys.stdin:
        try:
            _say(answer(sandbox, json.loads(line)), "")
        except LuaError as error:
            _say(None, error.message)
        except Exception as error:  # noqa: BLE001 - one bad request must not end the process of all scripts
            _say(None, f"{type(error).__name__}: {error}")


def _say(found: Any, problem: str) -> None:
    sys.stdout.write(json.dumps([found, problem]) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
