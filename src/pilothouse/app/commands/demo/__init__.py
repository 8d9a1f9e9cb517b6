"""`pilothouse demo`: the main job, step by step, each step verified and timed.

It starts the platform as its own process, builds images, creates a Git repository, points an Application at it, watches the
rollout, sends traffic through the Service while a new version is pushed and taken back, and leaves the platform running until
Ctrl-C.
"""

from __future__ import annotations

import argparse


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("demo", help="take a chart in Git to a running application, step by step")
    parser.add_argument("--once", action="store_true", help="stop and clean up afterwards; status 0 only if all was verified")
    parser.add_argument("--source", default="examples/shop", help="folder with app/ and chart/ (default: examples/shop)")
    parser.add_argument("--data-dir", help="data directory (default: a new one below the temporary directory)")
    parser.add_argument("--json", metavar="FILE", help="also write the measured figures to this file")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the demo."""
    import asyncio

    from pilothouse.app.commands.demo.story import prepare, tell

    try:
        return asyncio.run(tell(prepare(args), args))
    except asyncio.CancelledError:
        return 143
