"""`pilothouse clock`: show the time of a control plane with virtual time, and let it pass."""

from __future__ import annotations

import argparse
from typing import Any

from pilothouse.app.cli.access import Api, RequestFailed, add_flags, seconds
from pilothouse.kit.errors import Invalid

PATH = "/debug/clock"
_SHOWN = 10


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "clock", help="show virtual time, or let it pass: clock advance 5m", usage="pilothouse clock [advance TIME] [OPTION ...]"
    )
    parser.add_argument("words", nargs="*", metavar="advance TIME", help="let time pass: 30, 90s, 5m, 1h30m")
    add_flags(parser, namespace=False)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Show the clock, after moving it if that is wished."""
    delay_s = _delay_s(args.words)
    api = Api(args)
    try:
        state = api.json("GET", PATH) if delay_s is None else api.json("POST", PATH, body={"advanceS": delay_s}, timeout_s=None)
    except RequestFailed as error:
        if error.code != 404:
            raise
        fix = "`pilothouse test --virtual-time -- COMMAND` starts one whose time can be moved"
        raise Invalid("this control plane lives in real time", fix=fix) from None
    _show(state)
    return 0


def _delay_s(words: list[str]) -> float | None:
    if not words:
        return None
    try:
        if len(words) == 2 and words[0] == "advance":
            return seconds(words[1])
    except ValueError:
        pass
    raise Invalid(f"cannot read {' '.join(words)!r}", fix="pilothouse clock advance 30s (or 90, 5m, 1h30m)")


def _show(state: dict[str, Any]) -> None:
    print(f"{state['now']}  ({state['elapsedS']:g} s after the start, {state['pending']} timers pending)")
    for timer in state["timers"][:_SHOWN]:
        print(f"  in {timer['inS']:>10g} s  {timer['name']}")
