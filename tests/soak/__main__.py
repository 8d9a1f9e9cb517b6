"""`python -m tests.soak`: a mixed load for SOAK_MINUTES, with OBJECTS beside it and WATCHERS of one object, judged."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from tests.score.figures import note
from tests.soak.mixed import Report, Wish, soak

JUDGED_FROM_MINUTES = 60
"""Shorter runs say little about the slope of memory: history is still filling, and what is allocated still finding its place."""
MAX_SLOPE_MB_PER_H = 10


def rows(report: Report) -> list[tuple[str, str]]:
    """Return what was seen, in words and figures."""
    size = f"{' '.join(f'{value:.0f}' for value in report.rss_mb)} MB, {report.slope_mb_per_h:+.1f} MB/h"
    return [
        ("time", f"{report.seconds / 60:.1f} min"),
        ("operations checked", f"{report.operations:,}"),
        ("watch events checked", f"{report.events:,}"),
        ("promises broken", f"{len(report.violations)}"),
        ("resident memory, second half", size),
        ("event-loop lag p99", f"<= {report.lag_p99_ms:g} ms"),
        ("events the many watchers lost", f"{report.fan_out_lost}"),
        ("delivery to the many watchers p99", f"{report.fan_out_p99_ms:.1f} ms"),
    ]


def main() -> int:
    """Run, print, judge."""
    minutes = float(os.environ.get("SOAK_MINUTES", "30"))
    wish = Wish(minutes, int(os.environ.get("OBJECTS", "0")), int(os.environ.get("WATCHERS", "0")))
    with tempfile.TemporaryDirectory(prefix="ph-soak-", dir="/tmp") as folder:
        report = asyncio.run(soak(Path(folder) / "data", wish))
    for name, value in rows(report):
        print(f"{name:<44} {value}")
    for violation in report.violations[:20]:
        print(violation)
    note("soak_minutes", f"{report.seconds / 60:.1f}")
    note("soak_slope_mb_per_h", f"{report.slope_mb_per_h:.1f}")
    note("operations_checked", report.operations)
    note("watch_events_checked", report.events)
    grows = minutes >= JUDGED_FROM_MINUTES and report.slope_mb_per_h > MAX_SLOPE_MB_PER_H
    return 1 if report.violations or report.fan_out_lost or grows else 0


if __name__ == "__main__":
    sys.exit(main())
