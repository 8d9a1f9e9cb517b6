"""The static gate: runs its steps side by side and prints one row per step, then the output of those that failed.

Called by `make check` with the environment's interpreter; the paths to lint are the arguments. Steps are independent programs, so
running two at a time uses both cores of a small machine and keeps the warm gate below ten seconds.
"""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
AT_ONCE = 3


class Outcome(NamedTuple):
    """What a step did."""

    name: str
    is_ok: bool
    seconds: float
    output: str


def steps(paths: list[str]) -> dict[str, list[str]]:
    """Return the commands by the name shown."""
    return {
        "types": [str(BIN / "mypy")],
        "architecture": [sys.executable, "-m", "pytest", "-q", "tests/architecture", "-p", "no:cacheprovider"],
        "lint": [str(BIN / "ruff"), "check", "--output-format=concise", *paths],
        "format": [str(BIN / "ruff"), "format", "--check", *paths],
        "imports": [str(BIN / "lint-imports")],
    }


def run_step(step: tuple[str, list[str]]) -> Outcome:
    """Run one step and return its outcome."""
    name, command = step
    started = time.perf_counter()  # a duration of this program's own work, not part of the product's seams
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return Outcome(name, done.returncode == 0, time.perf_counter() - started, done.stdout + done.stderr)


def main(paths: list[str]) -> int:
    """Run all steps and return the exit status of the gate."""
    started = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(run_step, steps(paths or ["src", "tests", "tools"]).items()))
    for outcome in outcomes:
        if not outcome.is_ok:
            print(f"\n--- {outcome.name} ---\n{outcome.output.rstrip()}")
    print()
    for outcome in outcomes:
        print(f"{outcome.name:<14} {'ok' if outcome.is_ok else 'FAILED':<7} {outcome.seconds:6.1f} s")
    print(f"{'gate':<14} {'ok' if all(o.is_ok for o in outcomes) else 'FAILED':<7} {time.perf_counter() - started:6.1f} s")
    return 0 if all(outcome.is_ok for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
