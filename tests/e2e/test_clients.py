"""Python clients of others against `pilothouse up`: each check of the programs in clients/ is a test.

They run in an environment of their own, made by tools/install_clients.sh; `make test` has the official client only when it is
there, `make e2e` installs and runs all.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.platform import Platform, platform

HERE = Path(__file__).parent / "clients"
PYTHON = Path(sys.prefix) / "clients" / "bin" / "python"
PROGRAMS = ("kubernetes", "asyncio", "kr8s", "lightkube")
TIMEOUT_S = 150
pytestmark = [pytest.mark.e2e, pytest.mark.clients, pytest.mark.timeout(180)]


def checks() -> list[tuple[str, str]]:
    found = []
    for program in PROGRAMS:
        tree = ast.parse((HERE / f"with_{program}.py").read_text())
        functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        found += [(program, name) for name in functions if name.startswith("check_")]
    return found


@pytest.fixture(scope="module")
def up() -> Iterator[Platform]:
    if not PYTHON.exists():
        assert not os.environ.get("CI"), "the clients are missing"
        pytest.skip("the clients are missing; `make e2e` installs them")
    with platform() as running:
        yield running


@pytest.fixture(scope="module")
def answers(up: Platform) -> dict[str, dict[str, str]]:
    """What the programs said, by program and check; filled when a program is first asked for."""
    return {}


def run(up: Platform, program: str) -> dict[str, str]:
    """Run a program; returns the error of each of its checks, empty when it passed."""
    namespace = f"with-{program}"
    up.kubectl("create", "namespace", namespace)
    environment = {**os.environ, "KUBECONFIG": str(up.kubeconfig), "NS": namespace, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [str(PYTHON), str(HERE / f"with_{program}.py")], env=environment, capture_output=True, text=True, timeout=TIMEOUT_S,
        check=False,
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"check"')]
    return {"": done.stderr, **{line["check"]: line["error"] for line in lines}}


@pytest.mark.parametrize(("program", "check"), checks())
def test_client(up: Platform, answers: dict[str, dict[str, str]], program: str, check: str) -> None:
    if program not in answers:
        answers[program] = run(up, program)
    found = answers[program]
    assert check in found, found[""]
    assert not found[check], found[check]
