"""Names say what a thing is, and nothing of the machine or the making of the project leaks into it."""

from __future__ import annotations

import re

from tests.architecture import source

MEANINGLESS = {"utils", "util", "common", "helpers", "helper", "core", "misc"}
BINARY = {".png", ".ico", ".gz", ".tgz", ".zip", ".woff2", ".zst"}
# Written in pieces, so that this file does not find itself.
MACHINE_PATHS = re.compile("/work" + r"/(main|shared|venv|briefs|\.)|/root" + r"/\.|/home" + r"/[a-z]+/src")
MAKING = re.compile(
    "|".join(
        (
            "clau" + "de",
            "anthro" + "pic",
            "chat" + "gpt",
            "open" + "ai",
            "sub" + "-?agent",
            "language" + " model",
            "ai" + "-generated",
        )
    ),
    re.IGNORECASE,
)


def test_no_module_has_a_meaningless_name() -> None:
    found = [source.relative(path) for path in source.PACKAGE.rglob("*") if path.stem in MEANINGLESS]
    assert not found, "name the thing, not the drawer:\n" + "\n".join(found)


def _lines_with(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in source.tracked():
        if path.suffix in BINARY:
            continue
        text = path.read_text(errors="replace")
        if pattern.search(text):
            rows = enumerate(text.splitlines(), 1)
            found += [f"{source.relative(path)}:{number}: {line.strip()[:120]}" for number, line in rows if pattern.search(line)]
    return found


def test_no_path_of_a_machine_is_in_the_tree() -> None:
    found = _lines_with(MACHINE_PATHS)
    assert not found, "\n".join(found)


def test_nothing_tells_how_the_project_was_made() -> None:
    found = _lines_with(MAKING)
    assert not found, "\n".join(found)


def test_the_patterns_find_what_they_forbid() -> None:
    assert MACHINE_PATHS.search("see /work" + "/shared/design")
    assert MAKING.search("written by a Language" + " Model")
