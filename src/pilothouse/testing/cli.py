"""`pilothouse test -- COMMAND`: a fresh control plane for one command, in any language, gone when the command ends."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from pilothouse.app.cli.access import seconds

if TYPE_CHECKING:
    from pathlib import Path

    from pilothouse.testing.environment import Environment

_EPILOG = """\
The command finds the control plane through KUBECONFIG (and KUBE_CONFIG_PATH). Fault plans strike the current context of it,
for what is tested, and not the context `test`, for the test itself. The command's status becomes ours; 124 means that it took
longer than --timeout, 126 that it cannot be run, 127 that there is no such command.
Example: pilothouse test --crds config/crd -- npm test"""
_NEVER_RAN = (126, 127)


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "test", help="run a command against a fresh control plane of its own", epilog=_EPILOG,
        usage="pilothouse test [OPTION ...] -- COMMAND [ARGUMENT ...]",
    )  # fmt: skip
    parser.add_argument("--crds", action="append", default=[], metavar="PATH", help="install the definitions of a file or folder")
    parser.add_argument("--apply", action="append", default=[], metavar="PATH", help="apply manifests before the command starts")
    parser.add_argument("--nodes", type=int, default=0, metavar="N", help="nodes whose Pods run without programs (0)")
    parser.add_argument("--only-api", action="store_true", help="no controllers: nothing collects garbage or ends Namespaces")
    parser.add_argument("--faults", metavar="PLAN", help="fault plan for the command's requests: a shipped one or a file")
    parser.add_argument(
        "--faults-client", metavar="GLOB", help="whom a shipped plan strikes instead (a user name, * for everybody)"
    )
    parser.add_argument("--virtual-time", action="store_true", help="time passes only by `pilothouse clock advance`")
    parser.add_argument("--seed", type=int, help="repeat names, UIDs and faults")
    parser.add_argument("--timeout", type=seconds, metavar="TIME", help="end the command after this time: 300, 90s, 10m")
    parser.add_argument("--keep", action="store_true", help="keep the directory with all objects, and say where it is")
    parser.add_argument("--server-log", metavar="FILE", help="write the control plane's log to this file")
    parser.add_argument("--quiet", action="store_true", help="say nothing about the control plane unless it fails")
    parser.add_argument("command_line", nargs="*", metavar="COMMAND", help="what to run")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Start, run the command, stop; returns the command's status."""
    if not args.command_line:
        print("error: there is no command to run\n  fix: pilothouse test [OPTION ...] -- COMMAND", file=sys.stderr)
        return 2
    import tempfile
    from pathlib import Path

    from pilothouse.kit.clock import SystemClock
    from pilothouse.kit.errors import Invalid
    from pilothouse.testing.program import run_program

    clock, folder = SystemClock(), Path(tempfile.mkdtemp(prefix="ph-"))
    log = Path(args.server_log).absolute() if args.server_log else folder / "server.log"
    started = clock.monotonic()
    try:
        with log.open("w", encoding="utf-8") as stream, _environment(args, folder, stream) as environment:
            _say(args, f"control plane ready after {clock.monotonic() - started:.2f} s: KUBECONFIG={environment.kubeconfig}")
            status = run_program(args.command_line, environment.env, args.timeout)
            if status and status not in _NEVER_RAN:
                _show(environment, log, status)
    except OSError as error:
        raise Invalid(f"{log} cannot be written: {error.strerror}", fix="choose another --server-log") from error
    finally:
        _leave(args, folder)
    return status


def _environment(args: argparse.Namespace, folder: Path, stream: Any) -> Environment:
    from pilothouse.kit import log
    from pilothouse.testing.environment import Environment

    log.configure("info", "console", stream)
    options: dict[str, Any] = {} if args.faults_client is None else {"faults_client": args.faults_client}
    return Environment(
        data_dir=folder, nodes=args.nodes, controllers=not args.only_api, crds=args.crds, apply=args.apply, faults=args.faults,
        virtual_time="manual" if args.virtual_time else False, seed=args.seed, store="log" if args.keep else "memory", **options,
    )  # fmt: skip


def _say(args: argparse.Namespace, text: str) -> None:
    if not args.quiet:
        print(f"pilothouse: {text}", file=sys.stderr, flush=True)


def _show(environment: Environment, log: Path, status: int) -> None:
    print(f"pilothouse: the command ended with status {status}; {environment.summary()}", file=sys.stderr)
    lines = log.read_text(errors="replace").splitlines()[-20:]
    if lines:
        print("pilothouse: end of the server's log:", *(f"  {line}" for line in lines), sep="\n", file=sys.stderr)


def _leave(args: argparse.Namespace, folder: Path) -> None:
    import shutil

    if args.keep:
        _say(args, f"kept in {folder}; look into it with: pilothouse up --data-dir {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
