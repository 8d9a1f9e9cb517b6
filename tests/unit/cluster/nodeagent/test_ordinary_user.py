"""The same supervisor tests once more as a user without any rights (needs root and a system Python to switch to)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

PYTHON = "/usr/bin/python3"
TARGETS = {
    "supervisor": ["supervisor"],
    "proxy": ["test_proxy.py", "-k", "services or outlives"],
    "pods": ["test_controller.py", "-k", "creation or agent_restart or images"],
    "services": ["controller", "-k", "by_name or follow"],
}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("target", TARGETS)
def test_as_ordinary_user(target: str) -> None:
    site = str(Path(msgspec.__file__).parent.parent)
    root = Path(__file__).resolve().parents[4]
    switch = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    path = os.pathsep.join([site, str(root / "src"), str(root)])
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/tmp"}
    probe = subprocess.run(
        [*switch, PYTHON, "-c", "import pytest, msgspec, pilothouse.kit.clock"], env=env, capture_output=True, check=False
    )
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if probe.returncode:
        pytest.skip(f"{PYTHON} cannot run the tests as another user (needs Python {version} and readable packages)")
    first, *rest = TARGETS[target]
    base = f"/tmp/pilothouse-nobody-{os.getpid()}"
    options = ["-q", "-x", "-p", "no:cacheprovider", "--basetemp", base, str(Path(__file__).parent / first), *rest]
    command = [*switch, PYTHON, "-m", "pytest", *options]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, cwd=root, timeout=55)
    subprocess.run(["rm", "-rf", base], check=True)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
