"""`python -m pilothouse.delivery.gitops.adapters.health.child NAME ...`: calls one entry point, for `plugins`.

An entry point of the group `pilothouse.health_probes` is a function of the object, with the keyword arguments `timeout_s`, `port`
and `probe_path`. It returns `{"status": ..., "message": ...}`, or whether the object is healthy.
"""

from __future__ import annotations

import argparse
import json
import sys
from importlib.metadata import entry_points
from typing import Any

GROUP = "pilothouse.health_probes"


def main(arguments: list[str], text: str) -> dict[str, Any]:
    """Return the verdict."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--timeout", type=float, default=5.0)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--probe-path", default="/")
    given = parser.parse_args(arguments)
    found = next(iter(entry_points(group=GROUP, name=given.name)), None)
    if found is None:
        raise SystemExit(f"no installed package has a health probe {given.name}")
    verdict = found.load()(json.loads(text), timeout_s=given.timeout, port=given.port, probe_path=given.probe_path)
    if isinstance(verdict, bool):
        verdict = {"status": "Healthy" if verdict else "Degraded"}
    return dict(verdict)


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(main(sys.argv[1:], sys.stdin.read())) + "\n")
