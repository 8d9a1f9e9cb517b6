"""What every verb on releases needs: a client of the chosen cluster, one event loop, and failures as helm words them."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from pilothouse.delivery.charts.cli.safe import printable
from pilothouse.delivery.charts.release.actions.bench import Bench
from pilothouse.delivery.charts.release.errors import ReleaseRefused
from pilothouse.kit.clock import Entropy, SystemClock
from pilothouse.kit.errors import PilothouseError
from pilothouse.kit.places import kubeconfig_path
from pilothouse.sdk.client import Client
from pilothouse.sdk.kinds import CONFIG_MAP, SECRET, Kind
from pilothouse.wire import kubeconfig
from pilothouse.wire.http.client import HttpTransport

Work = Callable[[Bench], Awaitable[int]]
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def seconds_of(text: str) -> float:
    """Return a duration as Go writes it (1m30s) in seconds; raises ReleaseRefused."""
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|h|m|s)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        problem = f'invalid argument "{text}" for "--timeout" flag: time: invalid duration "{text}"'
        raise ReleaseRefused(problem, fix="write it as in 1m30s")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def warn(text: str) -> None:
    """Print lines that are not the result."""
    sys.stderr.write(printable(text))
    sys.stderr.flush()


def write(text: str) -> None:
    """Print the result."""
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
    sys.stdout.flush()


def fail(error: PilothouseError, prefix: str = "") -> int:
    """Print a failure; returns the exit code."""
    sys.stdout.flush()
    fix = f"\n  fix: {error.fix}" if error.fix else ""
    warn(f"Error: {prefix}{error.message}{fix}\n")
    return 1


def _code_folder() -> Path | None:
    from pilothouse.delivery.charts.adapters.codestore import private_folder  # brings the engine along: only for renders

    return private_folder(dict(os.environ))


def _driver() -> Kind:
    """Return where releases are stored, by helm's variable."""
    chosen = os.environ.get("HELM_DRIVER") or "secret"
    found = {"secret": SECRET, "secrets": SECRET, "configmap": CONFIG_MAP, "configmaps": CONFIG_MAP}.get(chosen.lower())
    if found is None:
        raise ReleaseRefused(f"unknown driver {chosen!r} in HELM_DRIVER", fix="secret and configmap are supported")
    return found


def run_on_cluster(args: argparse.Namespace, work: Work, prefix: str = "") -> int:
    """Do `work` on the cluster and namespace the arguments choose; returns the exit code."""

    async def session() -> int:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        access = kubeconfig.read(kubeconfig_path(args.kubeconfig), args.kube_context)
        client = Client(HttpTransport(access), field_manager="helm")
        namespace = "" if getattr(args, "all_namespaces", False) else args.namespace or access.namespace
        try:
            return await work(Bench(client, namespace, SystemClock(), Entropy(), warn, _code_folder, _driver()))
        finally:
            await client.close()

    try:
        return asyncio.run(session())
    except PilothouseError as error:
        return fail(error, prefix)
    except (KeyboardInterrupt, asyncio.CancelledError):
        warn(f"Error: {prefix}context canceled\n")
        return 130
