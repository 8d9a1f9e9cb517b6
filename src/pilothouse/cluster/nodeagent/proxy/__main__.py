"""`python -m pilothouse.cluster.nodeagent.proxy DIR MODE`: become the proxy daemon of DIR.

The caller's process ends once the daemon serves its control socket (exit code 0) or has failed (1, reason on stderr).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import signal
import sys

from pilothouse.cluster.nodeagent.proxy.worker import SOCKET, Worker
from pilothouse.cluster.nodeagent.supervisor import procfs
from pilothouse.cluster.nodeagent.supervisor.records import read_record, write_record
from pilothouse.kit.clock import SystemClock
from pilothouse.kit.errors import PilothouseError
from pilothouse.kit.log import configure

RECORD, LOG = "proxy.json", "proxy.log"
VERSION = 1
CHECK_S = 5.0


async def _until_unwanted(worker: Worker, record: str) -> None:
    """Wait until told to stop, or until the record names another process or is gone with the whole data directory."""
    while not worker.stopped.is_set():
        try:
            async with asyncio.timeout(CHECK_S):
                await worker.stopped.wait()
        except TimeoutError:
            if (read_record(record) or {}).get("pid") != os.getpid():
                return


async def _serve(folder: str, mode: str, ready: int) -> None:
    worker = Worker(folder, mode != "none", SystemClock())
    await worker.start()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, worker.stopped.set)
    identity = {"pid": os.getpid(), "startedTicks": procfs.start_time(os.getpid()), "mode": mode, "version": VERSION}
    owner = read_record(os.path.join(folder, "supervisor.json")) or {}
    identity["supervisor"] = [owner.get("pid", 0), owner.get("startedTicks", 0)]
    write_record(os.path.join(folder, RECORD), identity)
    os.write(ready, b"ok")
    os.close(ready)
    await _until_unwanted(worker, os.path.join(folder, RECORD))
    await worker.stop()
    is_ours = (read_record(os.path.join(folder, RECORD)) or {}).get("pid") == os.getpid()
    for name in (SOCKET, RECORD) if is_ours else ():
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(folder, name))


def _redirect(folder: str) -> None:
    log = os.open(os.path.join(folder, LOG), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open("/dev/null", os.O_RDONLY)
    for source, target in ((null, 0), (log, 1), (log, 2)):
        os.dup2(source, target)


def _run(folder: str, mode: str, ready: int) -> None:
    os.setsid()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    _redirect(folder)
    configure("warning")
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    try:
        asyncio.run(_serve(folder, mode, ready))
    except (PilothouseError, OSError) as error:
        logging.getLogger("pilothouse.proxy").error("the service proxy failed: %s", error)
        with contextlib.suppress(OSError):
            os.write(ready, str(error).encode()[:4000])
        os._exit(1)
    os._exit(0)


def main(arguments: list[str]) -> int:
    """Start the daemon and wait until it is ready."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m pilothouse.cluster.nodeagent.proxy DIR MODE\n")
        return 2
    folder = os.path.realpath(arguments[0])
    reader, writer = os.pipe2(os.O_CLOEXEC)
    if os.fork() == 0:
        os.close(reader)
        _run(folder, arguments[1], writer)
    os.close(writer)
    verdict = os.read(reader, 4096)
    if verdict != b"ok":
        sys.stderr.write(verdict.decode("utf-8", "replace") + "\n")
    return 0 if verdict == b"ok" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
