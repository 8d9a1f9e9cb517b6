"""Which modules have no test file of their own yet: `python -m tests.architecture.mirroring [--shrink]`.

A module is mirrored when `tests/unit/<its path>/test_<name>.py` exists, or a folder of that name with tests, or a test file named
after its package (a package is one thing to its reader). `unmirrored.txt` lists the rest; the list may only shrink.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from tests.architecture import source

UNIT = source.ROOT / "tests" / "unit"
LIST = Path(__file__).with_name("unmirrored.txt")
CAPABILITY_DEPTH = 2


def listed() -> set[str]:
    """Return the exceptions on the list."""
    return {line for line in LIST.read_text().splitlines() if line and not line.startswith("#")}


def unmirrored() -> set[str]:
    """Return the modules that have no test of their name."""
    return {source.relative(path) for path in source.modules() if _needs_test(path) and not is_mirrored(path)}


def _needs_test(path: Path) -> bool:
    if path.name in source.NOT_COUNTED:
        return False
    return any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for node in source.tree_of(path).body)


def is_mirrored(path: Path) -> bool:
    """Whether a test file is named after the module or after its package."""
    parts = path.relative_to(source.PACKAGE).with_suffix("").parts
    for depth in range(len(parts), 0, -1):
        folder, name = UNIT.joinpath(*parts[: depth - 1]), parts[depth - 1]
        is_module = depth == len(parts)
        if depth < CAPABILITY_DEPTH and not is_module:
            return False
        if (folder / f"test_{name}.py").is_file():
            return True
        if is_module and (folder / name).is_dir() and any((folder / name).glob("test_*.py")):
            return True
    return False


def main() -> None:
    """Print the modules without a test; `--shrink` takes those that have one now off the list."""
    missing = unmirrored()
    if "--shrink" in sys.argv:
        head = [line for line in LIST.read_text().splitlines() if line.startswith("#")]
        LIST.write_text("\n".join([*head, *sorted(missing & listed())]) + "\n")
    print("\n".join(sorted(missing)))


if __name__ == "__main__":
    main()
