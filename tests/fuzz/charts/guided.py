"""One target under libFuzzer, in a process of its own: `python -m tests.fuzz.charts.guided TARGET SECONDS FOLDER`.

A surprise, more than two seconds or 256 MB for one input ends the process, with the input written into FOLDER.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["pilothouse.delivery.charts"]):
    from tests.fuzz.charts.targets import TARGETS

from tests.fuzz.charts.seeds import write_seeds

TIMEOUT_S = 2
MEMORY_MB = 256


class TooMuchMemory(Exception):
    """One input took more memory than any may."""


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(name: str, seconds: int, folder: Path) -> None:
    """Fuzz for a while; does not return."""
    target = TARGETS[name]
    seeds, found = folder / "seeds", folder / "corpus"
    write_seeds(name, seeds)
    found.mkdir(parents=True, exist_ok=True)

    def once(data: bytes) -> None:
        before = _peak_mb()
        target(data)
        grown = _peak_mb() - before
        if grown > MEMORY_MB:
            raise TooMuchMemory(f"{grown:.0f} MB for one input")

    arguments = [
        sys.argv[0], str(found), str(seeds), f"-max_total_time={seconds}", f"-timeout={TIMEOUT_S}", "-rss_limit_mb=2048",
        "-max_len=4096", f"-artifact_prefix={folder}/finding-", "-print_final_stats=1", "-verbosity=0",
    ]  # fmt: skip
    atheris.Setup(arguments, once)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
