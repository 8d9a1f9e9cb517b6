"""Runs `wrk`, the load generator, with one thread."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

CLIENTS = 32
_CREATE = """
local count = 0
local text = string.rep("x", 1024)
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer %s"
request = function()
  count = count + 1
  local name = "bench-%s-" .. count
  local body = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"' .. name .. '"},"data":{"text":"' .. text .. '"}}'
  return wrk.format(nil, nil, nil, body)
end
"""


class Load(NamedTuple):
    """What wrk measured."""

    per_second: float
    errors: int
    p99_ms: float


def is_present() -> bool:
    """Whether wrk is installed."""
    return shutil.which("wrk") is not None


def run(url: str, seconds: int, *options: str) -> Load:
    """Send requests for some seconds and return the rate and the number of failed ones."""
    command = ["wrk", "--latency", "-t1", f"-c{CLIENTS}", f"-d{seconds}s", *options, url]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    sockets = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    slow = re.search(r"99%\s+([\d.]+)(us|ms|s)", text)
    assert rate and slow, text
    errors = int(failed[1] if failed else 0) + sum(map(int, sockets.groups() if sockets else ()))
    return Load(float(rate[1]), errors, float(slow[1]) * {"us": 0.001, "ms": 1, "s": 1000}[slow[2]])


def get(url: str, seconds: int, token: str) -> Load:
    """Read one address again and again."""
    return run(url, seconds, "-H", f"Authorization: Bearer {token}")


def create(url: str, seconds: int, token: str, tag: str, scratch: Path) -> Load:
    """Create ConfigMaps of 1 KB with names of their own."""
    script = scratch / f"create-{tag}.lua"
    script.write_text(_CREATE % (token, tag))
    return run(url, seconds, "-s", str(script))
