"""`pilothouse corpus NAME --stdin`: recorded cases, one line of JSON each, answered by the engines of the product."""

from __future__ import annotations

import argparse
import sys


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    from pilothouse.testing.corpora import MODULES

    parser = subparsers.add_parser("corpus", help="answer recorded cases, one line of JSON each")
    parser.add_argument("name", metavar="NAME", help=f"which cases: {', '.join(sorted(MODULES))}")
    parser.add_argument("--stdin", action="store_true", required=True, help="read the cases from standard input")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Answer every line; the order is kept."""
    from pilothouse.testing.corpora import answerer, answers

    for line in answers(answerer(args.name), sys.stdin):
        print(line)
    sys.stdout.flush()
    return 0
