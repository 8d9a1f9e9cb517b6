"""`python -m tests.conformance.kubernetes_api [part of an id] [-v] [--write]`: play the corpus and print the pass rates."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections import defaultdict
from pathlib import Path

from tests.conformance.kubernetes_api import page
from tests.conformance.kubernetes_api.runner import play, scenarios

PASSING = Path(__file__).with_name("passing.txt")


async def main(arguments: list[str]) -> None:
    wanted = [argument for argument in arguments if not argument.startswith("-")]
    verbose = "-v" in arguments
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    passing: list[str] = []
    results = []
    began = time.monotonic()
    for identity, category, scenario in scenarios():
        if wanted and not any(part in identity for part in wanted):
            continue
        problem = await play(identity, scenario)
        results.append((identity, category, scenario, problem))
        totals[category][0] += not problem
        totals[category][1] += 1
        if not problem:
            passing.append(identity)
        elif verbose:
            print(f"{identity}: {problem[:700]}")
    for category, (passed, count) in totals.items():
        print(f"{category:32} {passed:5} / {count:5}  {100 * passed / count:5.1f} %")
    passed, count = sum(row[0] for row in totals.values()), sum(row[1] for row in totals.values())
    print(f"{'all':32} {passed:5} / {count:5}  {100 * passed / count:5.1f} %  in {time.monotonic() - began:.1f} s")
    if "--write" in arguments:
        PASSING.write_text("\n".join(passing) + "\n")
        page.write(results)


logging.disable(logging.CRITICAL)
asyncio.run(main(sys.argv[1:]))
