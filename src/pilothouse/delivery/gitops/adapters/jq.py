"""Runs jq programs in a process of their own, because one that never ends cannot be stopped from inside.

Plain paths never come here. The process starts with the first program and answers one line for each line; when it is silent for
too long it is killed, and the next program starts another. Called off the event loop.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
import threading
from importlib.util import find_spec

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.errors import IgnoreRuleFailed

TIMEOUT_S = 1.0
START_TIMEOUT_S = 20.0
MAX_REPLY_BYTES = 16 << 20
_WORKER = """
import sys, json, jq
print("ready", flush=True)
programs = {}
for line in sys.stdin:
    program, value = json.loads(line)
    try:
        if program not in programs:
            programs[program] = jq.compile(program)
        found = programs[program].input_value(value).first()
        print(json.dumps([found, ""]), flush=True)
    except Exception as error:
        print(json.dumps([None, str(error)]), flush=True)
"""


class JqWorker:
    """One jq process."""

    def __init__(self, timeout_s: float = TIMEOUT_S) -> None:
        """Nothing is started yet."""
        self._timeout_s = timeout_s
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def run(self, program: str, value: Tree) -> Tree:
        """Return what the program makes of a value; raises `IgnoreRuleFailed`."""
        with self._lock:
            process = self._started()
            assert process.stdin is not None
            process.stdin.write(json.dumps([program, value]).encode() + b"\n")
            process.stdin.flush()
            line = self._line(process, self._timeout_s)
        if line is None:
            raise IgnoreRuleFailed(
                f"JQ patch execution timed out ({self._timeout_s:g}s): {program}", fix="write a path expression"
            )
        found, problem = json.loads(line)
        if problem or not isinstance(found, dict):
            raise IgnoreRuleFailed(f"jq cannot run {program!r}: {problem or 'the result is no object'}")
        return found

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            if find_spec("jq") is None:
                raise IgnoreRuleFailed("jqPathExpressions need jq", fix="pip install 'pilothouse[gitops]'")
            self._process = subprocess.Popen(
                [sys.executable, "-c", _WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            if self._line(self._process, START_TIMEOUT_S) is None:
                raise IgnoreRuleFailed("the jq process does not start")
        return self._process

    def _line(self, process: subprocess.Popen[bytes], timeout_s: float) -> bytes | None:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], timeout_s)
        line = process.stdout.readline(MAX_REPLY_BYTES) if ready else b""
        if not line.endswith(b"\n"):
            self.close()
            return None
        return line

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()
