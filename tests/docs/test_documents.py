"""Every command of README and docs runs, and every file they name exists."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs import fences
from tests.e2e.platform import platform

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]
_NAMED_FILE = re.compile(r"`((?:src|tests|tools|docs|examples|changes|\.ci)/[\w./-]+)`")
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def pages_for(mark: str) -> list[str]:
    return [name for name, page in zip(NAMES, PAGES, strict=True) if any(f.mark == f"test: {mark}" for f in fences.read(page))]


def run(fence: fences.Fence, environment: dict[str, str], folder: Path) -> None:
    for step in fence.steps:
        done = subprocess.run(
            ["bash", "-ec", step.command], env=environment, cwd=folder, capture_output=True, text=True, timeout=90, check=False
        )
        output = done.stdout + done.stderr
        assert done.returncode == 0, f"$ {step.command}\n{output}"
        assert not fences.missing(step, output), (
            f"$ {step.command}\nnot printed: {fences.missing(step, output)}\nprinted:\n{output}"
        )


def shell(**extra: str) -> dict[str, str]:
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", **extra}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working directory that has `examples`, as a clone does."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    return tmp_path


@pytest.mark.parametrize("name", pages_for("alone"))
def test_commands_without_a_platform(name: str, folder: Path) -> None:
    for fence in fences.read(ROOT / name):
        if fence.mark == "test: alone":
            run(fence, shell(), folder)


@pytest.mark.e2e
@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", pages_for("platform"))
def test_commands_on_a_platform(name: str, folder: Path) -> None:
    with platform() as running:
        environment = shell(KUBECONFIG=str(running.kubeconfig), PILOTHOUSE_DATA_DIR=str(running.data_dir))
        for fence in fences.read(ROOT / name):
            if fence.mark == "test: platform":
                run(fence, environment, folder)


@pytest.mark.parametrize("name", NAMES)
def test_every_transcript_says_how_it_is_tested(name: str) -> None:
    assert all(fence.mark for fence in fences.read(ROOT / name))


@pytest.mark.parametrize("name", NAMES)
def test_files_that_are_named_exist(name: str) -> None:
    text = (ROOT / name).read_text()
    paths = [ROOT / found for found in _NAMED_FILE.findall(text)]
    paths += [(ROOT / name).parent / found for found in _LINK.findall(text)]
    gone = [str(path) for path in paths if not path.exists()]
    assert not gone, f"{name} names what is not there: {gone}"


@pytest.mark.parametrize("name", [name for name, page in zip(NAMES, PAGES, strict=True) if fences.excerpts(page)])
def test_code_is_shown_as_it_is_in_its_file(name: str) -> None:
    wrong = [(source, text) for source, text in fences.excerpts(ROOT / name) if text not in (ROOT / source).read_text()]
    assert not wrong, f"{name} shows what is not in the file: {wrong}"


def test_architecture_fits_in_120_lines() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text().splitlines()) <= 120


@pytest.mark.parametrize("arguments", [("generate_reference.py", "--check"), ("changelog.py", "--names")])
def test_generated_pages_are_current(arguments: tuple[str, str]) -> None:
    command = [sys.executable, str(ROOT / "tools" / arguments[0]), arguments[1]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_line_that_is_not_printed_is_found() -> None:
    step = fences.Step("ls", ("NAME   AGE", "web-5f7c9d8b4-x2x9k   12s"))
    assert fences.missing(step, "NAME AGE\nweb-7d8f9c6b5-abc12 3s\n") == []
    assert fences.missing(step, "NAME AGE\n") == ["web-5f7c9d8b4-x2x9k   12s"]
