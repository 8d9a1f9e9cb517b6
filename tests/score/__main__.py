"""`python -m tests.score [PYTEST OPTION ...]`: run the suites that count, print the table, write it as JSON.

The file is `build/score.json`, or what SCORE_FILE names. A figure is only there when its suite passed; the exit code is pytest's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.score.figures import VARIABLE, read
from tests.score.table import complete, lines

SUITES = (
    "tests/conformance", "tests/unit/store/robustness", "tests/unit/store/log", "tests/unit/testing/history",
    "tests/e2e/test_kill.py", "tests/e2e/test_full_disk.py",
)  # fmt: skip
POWER_CUTS = "10000"


def main(options: list[str]) -> int:
    """Run, print, write."""
    target = Path(os.environ.get("SCORE_FILE", "build/score.json"))
    with tempfile.TemporaryDirectory(prefix="ph-score-") as folder:
        notes = Path(folder) / "notes.jsonl"
        environment = {"PILOTHOUSE_POWER_CUTS": POWER_CUTS, **os.environ, VARIABLE: str(notes)}
        command = [sys.executable, "-m", "pytest", "-q", "-m", "not clients", *SUITES, *options]
        code = subprocess.run(command, env=environment, check=False).returncode
        figures = read(notes)
    print("\n" + "\n".join(lines(figures)))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps({"exit_code": code, **complete(figures)}, indent=1, sort_keys=True) + "\n")
    print(f"written to {target}")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
