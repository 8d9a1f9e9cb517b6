"""`pilothouse down`: stop the instance and everything it started on this machine."""

from __future__ import annotations

import argparse
import sys

STOP_TIMEOUT_S = 20.0


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("down", help="stop the platform and everything it started")
    parser.add_argument("--data-dir", help="data directory of the instance")
    parser.add_argument("--purge", action="store_true", help="also delete the data directory")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Stop the process, then reap Pods, namespaces and mounts."""
    import shutil
    from pathlib import Path

    from pilothouse.app.instance import is_data_dir, read_record, remove_record
    from pilothouse.app.profiles import default_data_dir
    from pilothouse.cluster.nodeagent.adapters.reap import reap
    from pilothouse.kit.errors import BadRequest

    data_dir = Path(args.data_dir).absolute() if args.data_dir else default_data_dir()
    if args.purge and data_dir.exists() and not is_data_dir(data_dir):
        raise BadRequest(f"{data_dir} is no data directory, nothing is deleted", fix="pass the --data-dir that `up` printed")
    record = read_record(data_dir)
    was_running = record is not None and _stop(int(record["pid"]), record)
    remove_record(data_dir)
    reaped = reap(str(data_dir))
    print(
        f"{'stopped' if was_running else 'was not running'}; {data_dir}" + (f"; ended {len(reaped)} processes" if reaped else "")
    )
    if args.purge and data_dir.exists():
        shutil.rmtree(data_dir)
        print(f"deleted {data_dir}")
    return 0


def _stop(pid: int, record: dict[str, object]) -> bool:
    import os
    import select
    import signal

    from pilothouse.app.instance import is_running

    if not is_running(record):
        return False
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        signal.pidfd_send_signal(descriptor, signal.SIGTERM)
        if not select.select([descriptor], [], [], STOP_TIMEOUT_S)[0]:
            print(f"process {pid} did not stop within {STOP_TIMEOUT_S:.0f} s and is killed", file=sys.stderr)
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
            select.select([descriptor], [], [], 5.0)
    finally:
        os.close(descriptor)
    return True
