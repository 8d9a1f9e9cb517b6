"""Fuzz the chart engine: `python -m tests.fuzz.charts [TARGET...]`, CHART_FUZZ_SECONDS=60 for each target.

Inputs that were worth keeping and findings stay in build/fuzz/charts/TARGET; a finding is run again with
`python -m tests.fuzz.charts --replay FILE TARGET`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "build" / "fuzz" / "charts"
NAMES = ("template", "yaml", "strvals", "archive", "chart", "suite")
_SPARE_S = 60


def fuzz(name: str, seconds: int) -> bool:
    """Fuzz one target and print what came of it; returns whether nothing was found."""
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tests.fuzz.charts.guided", name, str(seconds), str(folder)]
    with (folder / "log").open("w", encoding="utf-8") as log:
        done = subprocess.run(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, timeout=seconds + _SPARE_S, check=False)
    text = (folder / "log").read_text(encoding="utf-8", errors="replace")
    count = re.search(r"number_of_executed_units:\s*(\d+)", text)
    print(f"{name}: {count.group(1) if count else '?'} executions in {seconds} s", end="")
    print("" if done.returncode == 0 else f", one finding:\n{text[-3000:]}", flush=True)
    return done.returncode == 0


def main(arguments: list[str]) -> int:
    """Fuzz the named targets, or all; returns the exit code."""
    if arguments[:1] == ["--replay"]:
        from tests.fuzz.charts.targets import TARGETS

        TARGETS[arguments[2]](Path(arguments[1]).read_bytes())
        return 0
    seconds = int(os.environ.get("CHART_FUZZ_SECONDS", "60"))
    passed = [fuzz(name, seconds) for name in arguments or NAMES]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
