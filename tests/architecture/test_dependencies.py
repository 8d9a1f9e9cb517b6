"""The closure stays small, and every direct dependency says why it is there."""

from __future__ import annotations

import re
import tomllib

from tests.architecture import source

CORE_LIMIT = 14
PYPROJECT = (source.ROOT / "pyproject.toml").read_text()
PROJECT = tomllib.loads(PYPROJECT)["project"]


def _reason(requirement: str) -> str:
    line = next((line for line in PYPROJECT.splitlines() if f'"{requirement}"' in line), "")
    return line.partition("#")[2].strip()


def test_the_core_has_at_most_14_packages() -> None:
    assert len(PROJECT["dependencies"]) <= CORE_LIMIT


def test_every_dependency_has_a_reason() -> None:
    extras = {name: items for name, items in PROJECT["optional-dependencies"].items() if name != "all"}
    requirements = [*PROJECT["dependencies"], *(item for items in extras.values() for item in items)]
    unexplained = [item for item in requirements if not _reason(item)]
    assert not unexplained, "add a comment with the reason to: " + ", ".join(unexplained)


def test_all_names_every_extra() -> None:
    (everything,) = PROJECT["optional-dependencies"]["all"]
    listed = set(re.findall(r"[a-z]+", everything.partition("[")[2]))
    assert listed == set(PROJECT["optional-dependencies"]) - {"all"}


def test_the_package_is_typed_and_licensed() -> None:
    assert (source.PACKAGE / "py.typed").is_file()
    assert "Apache License" in (source.ROOT / "LICENSE").read_text()[:400]
