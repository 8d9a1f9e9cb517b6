"""Finds the command and runs it.

Only the module of the command that was asked for is imported, so that help and short commands start fast. Failures with a meaning
end in one readable message on stderr and exit status 1; only bugs show a traceback.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pilothouse import __version__
from pilothouse.app.standard import COMMANDS

_GROUPS = (
    ("Platform", ("up", "down", "status", "doctor", "demo", "url")),
    ("Tests", ("test", "fault", "clock", "corpus")),
    (
        "Objects",
        ("get", "describe", "apply", "create", "delete", "patch", "scale", "label", "annotate", "rollout", "wait"),
    ),
    ("Pods", ("logs", "exec", "attach", "port-forward")),
    ("Delivery", ("app", "chart", "image")),
    ("About", ("api-resources", "version")),
)


def help_text() -> str:
    """Return the overview of all commands."""
    lines = [
        "Pilothouse: the cloud-native control plane you pip install.",
        "",
        "Usage: pilothouse COMMAND [options]      (pilothouse COMMAND --help for each)",
    ]
    for title, names in _GROUPS:
        lines += ["", f"{title}:"]
        lines += [f"  {name:<14} {COMMANDS[name][1]}" for name in names]
    return "\n".join(lines)


def run(argv: Sequence[str]) -> int:
    """Run the command line `argv` (without the program name) and return the exit status."""
    if not argv or argv[0] in {"-h", "--help", "help"}:
        print(help_text())
        return 0
    if argv[0] == "--version":
        print(f"pilothouse {__version__}")
        return 0
    if argv[0] not in COMMANDS:
        return _unknown(argv[0])
    try:
        return _run_command(argv)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0


def _unknown(name: str) -> int:
    import difflib

    near = difflib.get_close_matches(name, COMMANDS, n=1)
    hint = f"; did you mean `pilothouse {near[0]}`?" if near else ""
    print(f"error: unknown command {name!r}{hint}\n  fix: `pilothouse --help` lists all commands", file=sys.stderr)
    return 2


def _run_command(argv: Sequence[str]) -> int:
    import importlib

    from pilothouse.kit.arguments import Parser
    from pilothouse.kit.errors import PilothouseError

    parser = Parser(prog="pilothouse", allow_abbrev=False)
    subparsers = parser.add_subparsers(dest="command", required=True)
    try:
        importlib.import_module(COMMANDS[argv[0]][0]).register(subparsers)
        args = parser.parse_args(argv)
        status: int = args.run(args)
    except PilothouseError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("pilothouse"):
            raise
        print(f"error: {argv[0]} needs the package {error.name}\n  fix: pip install 'pilothouse[all]'", file=sys.stderr)
        return 1
    return status
