"""`pilothouse version`: what talks to what."""

from __future__ import annotations

import argparse

from pilothouse import __version__
from pilothouse.app.cli.access import Api, add_flags
from pilothouse.kit.errors import PilothouseError


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("version", help="print the versions of client and server")
    add_flags(parser, namespace=False)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print both versions; without a server only ours."""
    print(f"pilothouse {__version__}")
    try:
        print(f"server     {Api(args).json('GET', '/version')['gitVersion']}")
    except PilothouseError as error:
        print(f"server     not reached: {error.message}")
    return 0
