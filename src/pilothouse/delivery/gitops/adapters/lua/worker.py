"""The process that runs what users wrote: a script that does not end is ended with it, and the next script gets a new one.

Inside, scripts have budgets (`sandbox`); but a pattern that takes for ever is one instruction, so time is measured from outside.
The process starts with the first script and answers one line for each line. It is called off the event loop; a script that timed
out is not tried again for a while, so that a thousand objects do not wait for it a thousand times.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
import threading
from typing import Any

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.adapters.lua.sandbox import LuaError
from pilothouse.kit.clock import Clock

TIMEOUT_S = 1.0
START_TIMEOUT_S = 20.0
RETRY_S = 60.0
MAX_REPLY_BYTES = 16 << 20
_MODULE = "pilothouse.delivery.gitops.adapters.lua.child"


class LuaWorker:
    """One process for scripts."""

    def __init__(self, clock: Clock, *, timeout_s: float = TIMEOUT_S) -> None:
        """Prepare; the process starts when it is needed."""
        self._clock, self._timeout_s = clock, timeout_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._barred: dict[str, float] = {}
        self.restarts = 0

    def health(self, script: str, tree: Tree) -> list[str] | None:
        """Return status and message of a health script, None when it says nothing; raises `LuaError`."""
        found: list[str] | None = self._ask({"do": "health", "script": script, "tree": tree})
        return found

    def actions(self, script: str, tree: Tree) -> Any:
        """Return the actions that a discovery script offers."""
        return self._ask({"do": "discover", "script": script, "tree": tree})

    def act(self, script: str, tree: Tree, params: dict[str, str]) -> Any:
        """Return the results of an action script."""
        return self._ask({"do": "act", "script": script, "tree": tree, "params": params})

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._kill()

    def _ask(self, request: dict[str, Any]) -> Any:
        script = request["script"]
        with self._lock:
            now = self._clock.monotonic()
            if self._barred.get(script, 0.0) > now:
                raise LuaError(f"the script took longer than {self._timeout_s:g} s a moment ago and is not tried again yet")
            process = self._running()
            try:
                line = self._exchange(process, json.dumps(request).encode() + b"\n", self._timeout_s)
            except TimeoutError as error:
                self._barred[script] = now + RETRY_S
                self._kill()
                self.restarts += 1
                raise LuaError(f"the script took longer than {self._timeout_s:g} s") from error
            except OSError as error:
                self._kill()
                raise LuaError(f"the process of scripts ended: {error}") from error
        found, problem = json.loads(line)
        if problem:
            raise LuaError(problem)
        return found

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", _MODULE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            try:
                self._exchange(self._process, b"", START_TIMEOUT_S)
            except (TimeoutError, OSError) as error:
                self._kill()
                raise LuaError("the process of scripts does not start", fix="pip install 'pilothouse[gitops]'") from error
        return self._process

    def _exchange(self, process: subprocess.Popen[bytes], request: bytes, timeout_s: float) -> bytes:
        """Send a line and wait for the answer; raises `TimeoutError`, and `OSError` when the process is gone."""
        assert process.stdin is not None
        assert process.stdout is not None
        if request:
            process.stdin.write(request)
            process.stdin.flush()
        reply, ends = bytearray(), self._clock.monotonic() + timeout_s
        while not reply.endswith(b"\n"):
            left = ends - self._clock.monotonic()
            if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
                raise TimeoutError
            part = process.stdout.read1(1 << 16)  # type: ignore[attr-defined]
            if not part or len(reply) > MAX_REPLY_BYTES:
                raise OSError("no answer")
            reply += part
        return bytes(reply)

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()
