"""Runs commands as another user in a tree and a temporary directory of its own.

The demo has to work for root and for a user who owns nothing but a copy of the tree. Each case gets a private copy of the
tracked files, no HOME, no git identity and no environment of ours.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Outcome(NamedTuple):
    """What a command did."""

    status: int
    output: str
    left: list[str]
    """Processes that were still there after it."""


class Account:
    """A user with a copy of the tree."""

    def __init__(self, home: Path, uid: int) -> None:
        """`home` belongs to the user; nothing outside of it is written."""
        self.uid = uid
        self.tree = home / "tree"
        self.temporary = home / "tmp"

    def environment(self, **extra: str) -> dict[str, str]:
        """Return what a bare login without a home has."""
        python = shutil.which("python3.11", path=PATH) or os.path.realpath(os.sys.executable)  # type: ignore[attr-defined]
        return {
            "PATH": PATH, "HOME": "/nonexistent", "TMPDIR": str(self.temporary), "LANG": "C.UTF-8", "PYTHON": python,
            "http_proxy": "http://127.0.0.1:9", "HTTPS_PROXY": os.environ.get("HTTPS_PROXY", ""), **_kept(), **extra,
        }  # fmt: skip

    def run(self, command: list[str], timeout_s: float, **extra: str) -> Outcome:
        """Run a command in the tree; at the end of the time it is stopped as a user would stop it."""
        identity = {"user": self.uid, "group": self.uid, "extra_groups": []} if self.uid != os.geteuid() else {}
        with subprocess.Popen(
            command, cwd=self.tree, env=self.environment(**extra), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True, **identity,
        ) as process:  # fmt: skip
            output = _collect(process, timeout_s)
        left = self.processes()
        for line in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(line.split()[0]), signal.SIGKILL)
        return Outcome(process.returncode, output, left)

    def processes(self) -> list[str]:
        """Return the processes that carry our directory in their command line or environment."""
        mark = str(self.tree.parent).encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                line = (entry / "cmdline").read_bytes()
                if line and mark in line + (entry / "environ").read_bytes():
                    found.append(f"{entry.name} {line.replace(bytes(1), b' ').decode(errors='replace')[:200]}")
        return found


def _kept() -> dict[str, str]:
    names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CI")
    return {key: value for key, value in os.environ.items() if key in names or key.startswith("PIP_")}


def _collect(process: subprocess.Popen[str], timeout_s: float) -> str:
    try:
        return process.communicate(timeout=timeout_s)[0]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGINT)
        try:
            text = process.communicate(timeout=30)[0]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            text = process.communicate()[0]
        return f"{text}\n(stopped: it took more than {timeout_s:.0f} s)"


@contextlib.contextmanager
def account(uid: int) -> Iterator[Account]:
    """Make an account with a copy of the tree, and remove it afterwards."""
    home = Path(tempfile.mkdtemp(prefix="ph-", dir="/tmp"))
    try:
        user = Account(home, uid)
        _copy_tree(user.tree)
        user.temporary.mkdir()
        home.chmod(0o755)
        if uid != os.geteuid():
            for path in [home, *home.rglob("*")]:
                os.chown(path, uid, uid, follow_symlinks=False)
        yield user
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _copy_tree(target: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    names = [name for name in listed.split("\0") if name and (ROOT / name).is_file()]
    for name in names or ["Makefile", "pyproject.toml", "README.md", "LICENSE"]:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name)
    if not names:
        for folder in ("src", "tools", "examples"):
            shutil.copytree(ROOT / folder, target / folder, ignore=shutil.ignore_patterns("__pycache__"))
