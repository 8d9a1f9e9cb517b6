"""The examples of operators and their tests, run as users would: in a folder of their own, with the plugin installed.

Those with clients of others use the environment of tools/install_clients.sh; `make e2e` makes it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "operators"
CLIENTS = Path(sys.prefix) / "clients"
FOREIGN = [pytest.mark.clients, pytest.mark.timeout(180)]
ASYNC = """
import pytest

WANTED = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "data": {"a": "b"}}

async def story(control_plane):
    await control_plane.aio.apply(WANTED)
    assert (await control_plane.aio.wait_for("configmap", "one", "exists"))["data"] == {"a": "b"}

@pytest.mark.asyncio
async def test_with_pytest_asyncio(control_plane):
    await story(control_plane)

@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_with_anyio(control_plane):
    await story(control_plane)
"""
pytestmark = pytest.mark.e2e


def run(command: list[str], folder: Path) -> str:
    """Run a command of an example; returns what it printed. Nothing may be left behind."""
    temporary = folder.parent / "tmp"
    temporary.mkdir()
    paths = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "TMPDIR": str(temporary), "PATH": paths, "PYTHONWARNINGS": "ignore"},
        capture_output=True, text=True, timeout=150, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(temporary.glob("ph-*")) == []
    return done.stdout


def example(name: str, folder: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES / name, folder / name))


def python() -> str:
    if not (CLIENTS / "bin" / "python").exists():
        assert not os.environ.get("CI"), "the clients are missing"
        pytest.skip("the clients are missing; `make e2e` installs them")
    return str(CLIENTS / "bin" / "python")


def suite(program: str) -> list[str]:
    return [program, "-m", "pytest", "-q", "-p", "no:cacheprovider"]


@pytest.mark.parametrize(
    ("name", "passed"),
    [
        ("schedules", "2 passed"),
        pytest.param("websites", "5 passed", marks=FOREIGN),
        pytest.param("owners", "2 passed", marks=FOREIGN),
        pytest.param("previews", "2 passed", marks=FOREIGN),
    ],
)
def test_suites_in_python(name: str, passed: str, tmp_path: Path) -> None:
    program = sys.executable if name == "schedules" else python()
    assert passed in run(suite(program), example(name, tmp_path))


@pytest.mark.clients
def test_coroutines_under_the_plugins_of_others(tmp_path: Path) -> None:
    folder = tmp_path / "suite"
    folder.mkdir()
    (folder / "test_async.py").write_text(ASYNC)
    assert "2 passed" in run(suite(python()), folder)


@pytest.mark.clients
@pytest.mark.timeout(180)
@pytest.mark.parametrize("faults", [[], ["--faults", "conflicts"], ["--faults", "lost-answers"]])
def test_suite_in_typescript(faults: list[str], tmp_path: Path) -> None:
    modules = CLIENTS / "greetings" / "node_modules"
    if not modules.exists():
        assert not os.environ.get("CI"), "the client for TypeScript is missing"
        pytest.skip("the client for TypeScript is missing; `make e2e` installs it")
    folder = example("greetings", tmp_path)
    (folder / "node_modules").symlink_to(modules)
    options = ["--crds", "greeting.yaml", "--timeout", "120", *faults]
    assert "# pass 3" in run(["pilothouse", "test", *options, "--", "npm", "test"], folder)
