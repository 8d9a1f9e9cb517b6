"""`python -m tests.bench [SUITE ...] [--strict]`: print one row per figure; --strict fails when a bar is missed."""

from __future__ import annotations

import os
import sys

from tests.bench.figures import HEADER, row
from tests.bench.suites import SUITES


def main(arguments: list[str]) -> int:
    """Run the suites named, or all of them."""
    names = [name for name in arguments if not name.startswith("-")] or list(SUITES)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}\n{HEADER}", flush=True)
    missed = 0
    for name in names:
        for figure in SUITES[name]():
            print(row(figure), flush=True)
            missed += figure.is_met is False or not figure.is_steady
    return 1 if missed and "--strict" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
