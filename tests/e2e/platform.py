"""A `pilothouse up` of its own for a test, started and stopped as a user does it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

START_TIMEOUT_S = 30


class Platform(NamedTuple):
    """A running platform."""

    process: subprocess.Popen[bytes]
    data_dir: Path
    seconds: float
    """From the start of the program until it said that it is up."""

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.data_dir / "kubeconfig"

    def pilothouse(self, *arguments: str, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a `pilothouse` command against it."""
        return run([sys.executable, "-m", "pilothouse", *arguments], self, timeout_s)

    def kubectl(self, *arguments: str, text: str | None = None, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
        """Run the real kubectl against it."""
        program = shutil.which("kubectl", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
        assert program, "kubectl is missing"
        return run([program, *arguments], self, timeout_s, text)


def run(command: list[str], platform: Platform, timeout_s: float, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a client program against the platform."""
    environment = {**os.environ, "KUBECONFIG": str(platform.kubeconfig), "PILOTHOUSE_DATA_DIR": str(platform.data_dir)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=timeout_s, input=text, check=False)


def wait_until_up(process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for the line that says the platform is up."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while b"Pilothouse is up" not in log.read_bytes():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.005)


@contextlib.contextmanager
def platform(*options: str, data_dir: Path | None = None) -> Iterator[Platform]:
    """Start a platform, and take it down with everything it started."""
    home = data_dir or Path(tempfile.mkdtemp(prefix="ph-", dir="/tmp"))
    log = home / "up.log"
    started = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "pilothouse", "up", "--data-dir", str(home), "--log-level", "warning", *options],
            stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    try:
        wait_until_up(process, log)
        yield Platform(process, home, time.monotonic() - started)
    finally:
        if "pytest" in sys.modules:
            print(log.read_text()[-4000:])  # shown with a failure
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
        down = [sys.executable, "-m", "pilothouse", "down", "--data-dir", str(home)]
        subprocess.run(down if data_dir else [*down, "--purge"], capture_output=True, check=False, timeout=60)
