"""`pilothouse app health --stdin`: objects in, verdicts out, one JSON line for each."""

from __future__ import annotations

import argparse
import sys


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("--stdin", action="store_true", required=True, help="read the objects from standard input")
    parser.add_argument("--health-scripts", metavar="DIR", help="Lua checks laid out as Argo CD's resource_customizations")


def run(args: argparse.Namespace) -> int:
    """Judge every line."""
    from pathlib import Path

    from pilothouse.delivery.gitops.adapters.lines import judge_lines
    from pilothouse.delivery.gitops.adapters.lua.folders import read_folder

    scripts = read_folder(Path(args.health_scripts)) if args.health_scripts else None
    for answer in judge_lines(sys.stdin.buffer, scripts):
        sys.stdout.buffer.write(answer)
    sys.stdout.flush()
    return 0
