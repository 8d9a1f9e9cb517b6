"""Reads the tree once for all architecture tests."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "pilothouse"
NOT_COUNTED = {"__init__.py", "__main__.py", "py.typed", "__pycache__"}


class Function(NamedTuple):
    """A function and its length."""

    where: str
    lines: int


def relative(path: Path) -> str:
    """Return the path as it is written in messages and lists."""
    return path.relative_to(ROOT).as_posix()


@cache
def modules() -> tuple[Path, ...]:
    """Return the files of the package."""
    return tuple(sorted(PACKAGE.rglob("*.py")))


def folders() -> Iterator[Path]:
    """Yield the folders of the package."""
    yield from (path for path in [PACKAGE, *sorted(PACKAGE.rglob("*"))] if path.is_dir() and path.name != "__pycache__")


@cache
def tree_of(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(), str(path))


def line_count(path: Path) -> int:
    """Return the number of lines of a file."""
    return path.read_bytes().count(b"\n")


@cache
def functions() -> tuple[Function, ...]:
    """Return all functions with their length, docstring excluded."""
    return tuple(
        Function(f"{relative(path)}:{node.lineno} {node.name}", _length(node))
        for path in modules()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


@cache
def tracked() -> tuple[Path, ...]:
    """Return the files under version control that exist, or all source files where there is no repository."""
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        return tuple(path for folder in ("src", "tests", "tools", "docs", "examples") for path in (ROOT / folder).rglob("*.*"))
    return tuple(path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file())


def percentile(values: list[int], share: float) -> int:
    """Return the value below which `share` of the values lie."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
