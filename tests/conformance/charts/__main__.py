"""Run every suite and print one row per corpus file: `python -m tests.conformance.charts [suite] [-v]`."""

from __future__ import annotations

import sys
import time

from tests.conformance.charts.corpus import PINNED
from tests.conformance.charts.suites import SUITES


def main() -> None:
    """Print the rates; `--pin` writes the pass lists, `-v` shows failures."""
    flags = [a for a in sys.argv[1:] if a.startswith("-")]
    names = [a for a in sys.argv[1:] if not a.startswith("-")] or list(SUITES)
    for name in names:
        start = time.perf_counter()
        outcome = SUITES[name]()
        took = time.perf_counter() - start
        rate = 100 * len(outcome.passed) / max(outcome.total, 1)
        print(f"{name:18} {len(outcome.passed):5} / {outcome.total:5}  {rate:5.1f} %  {took:6.1f} s")
        if "--pin" in flags:
            PINNED.mkdir(exist_ok=True)
            (PINNED / f"{name}.txt").write_text("".join(f"{i}\n" for i in sorted(outcome.passed)))
        if "-v" in flags:
            for failure in outcome.failed:
                print("  ", failure[0], "GOT", repr(failure[1])[:6000], "WANT", repr(failure[2])[:6000])


main()
