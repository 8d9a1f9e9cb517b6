"""`pilothouse up`: run the platform in the foreground until it is told to stop."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from pilothouse.app import audit, authentication, storage

if TYPE_CHECKING:
    from pathlib import Path

    from pilothouse.app.lifecycle import ControlPlane, Options


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("up", help="start the platform in the foreground", usage="pilothouse up [OPTION ...]")
    parser.add_argument("--data-dir", help="where everything is kept (default: below ~/.local/share)")
    parser.add_argument("--port", type=_port, help="port of the API server (default: 6443, or a free one when it is taken)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--kubeconfig", help="also write the administrator's kubeconfig to this file")
    parser.add_argument("--only-api", action="store_true", help="serve the API without any controller")
    parser.add_argument("--log-level", default="info", choices=("debug", "info", "warning", "error"))
    parser.add_argument("--log-format", default="console", choices=("console", "json"))
    storage.add_flags(parser)
    authentication.add_flags(parser)
    audit.add_flags(parser)
    parser.set_defaults(run=run)


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{number} is no port: it must be between 0 and 65535")
    return number


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT."""
    import asyncio

    import uvloop

    from pilothouse.kit import log

    log.configure(args.log_level, args.log_format)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(serve(args))


def options_of(args: argparse.Namespace) -> Options:
    """Turn the arguments into options."""
    from pathlib import Path

    from pilothouse.app.lifecycle import Options
    from pilothouse.app.profiles import DEFAULT_PORT, default_data_dir
    from pilothouse.app.standard import CAPABILITIES
    from pilothouse.cluster.apiserver import Config

    return Options(
        data_dir=Path(args.data_dir).absolute() if args.data_dir else default_data_dir(),
        host=args.host,
        port=DEFAULT_PORT if args.port is None else args.port,
        is_port_required=args.port is not None,
        store=args.store,
        etcd_cafile=args.etcd_cafile or "",
        etcd_certfile=args.etcd_certfile or "",
        etcd_keyfile=args.etcd_keyfile or "",
        encryption_config=Path(args.encryption_provider_config).absolute() if args.encryption_provider_config else None,
        rotate_encryption_key=args.rotate_encryption_key,
        capabilities=() if args.only_api else CAPABILITIES,
        authentication=authentication.authentication_of(args, Config().issuer),
        audit=audit.audit_of(args),
    )


async def serve(args: argparse.Namespace) -> int:
    """Start, tell where it is, wait for a signal, stop."""
    import asyncio
    import signal
    from pathlib import Path

    from pilothouse.app.instance import remove_own_record, write_record
    from pilothouse.app.lifecycle import ControlPlane
    from pilothouse.kit.clock import SystemClock

    clock = SystemClock()
    started = clock.monotonic()
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    plane = ControlPlane(options_of(args), clock=clock)
    for warning in plane.options.authentication.warnings:
        print(f"warning: {warning}", file=sys.stderr, flush=True)
    try:
        await plane.start_api()
        if args.kubeconfig:
            copy_kubeconfig(plane, Path(args.kubeconfig))
        write_record(plane.options.data_dir, url=plane.url, port=plane.port, kubeconfig=str(plane.kubeconfig_path))
        await plane.start_capabilities()
        _announce(plane, clock.monotonic() - started)
        await stopping.wait()
        print("stopping: finishing requests under way ...", file=sys.stderr, flush=True)
    finally:
        await plane.stop()
        remove_own_record(plane.options.data_dir)
    return 0


def copy_kubeconfig(plane: ControlPlane, target: Path) -> None:
    """Write the kubeconfig a second time where the user wants it."""
    import json

    from pilothouse.wire import kubeconfig

    kubeconfig.write(target.absolute(), json.loads(plane.kubeconfig_path.read_text()))


def _announce(plane: ControlPlane, seconds: float) -> None:
    from pilothouse.app.profiles import kubeconfig_path

    path = plane.kubeconfig_path
    flag = "" if kubeconfig_path(None) == path else f" --kubeconfig {path}"
    print(
        f"Pilothouse is up after {seconds:.2f} s\n"
        f"  API         {plane.url}\n"
        f"  kubeconfig  {path}\n"
        f"  data        {plane.options.data_dir}\n"
        f"  try         pilothouse get pods -A{flag}\n"
        f"              KUBECONFIG={path} kubectl get nodes\n"
        "Ctrl-C stops it; Pods keep running until `pilothouse down`.",
        flush=True,
    )
