"""Writes CHANGELOG.md from the fragments in changes/: `make changelog`. `--check` says whether it is current, `--names`
only whether the fragments are well named: that is what every change has to meet, the file itself is written for a release.

A fragment is `changes/<topic>.<breaking|added|changed|fixed>.md` with one or two lines. Fragments stay until a release takes
them, so that two changes never meet in one file.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pilothouse import __version__

ROOT = Path(__file__).resolve().parent.parent
SECTIONS = {"breaking": "Breaking", "added": "Added", "changed": "Changed", "fixed": "Fixed"}
HEAD = (
    "# Changelog\n\nBuilt from `changes/` by `make changelog`; versions follow SemVer 0.y, stability is stated per capability.\n"
)


def changelog() -> str:
    """Return the whole text."""
    parts = [HEAD, f"\n## {__version__} (unreleased)\n"]
    for kind, title in SECTIONS.items():
        fragments = sorted((ROOT / "changes").glob(f"*.{kind}.md"))
        entries = [f"- {' '.join(path.read_text().split())}\n" for path in fragments]
        if entries:
            parts += [f"\n### {title}\n\n", *entries]
    return "".join(parts)


def misnamed() -> list[str]:
    """Return the fragments whose name has no known kind."""
    return [
        path.name for path in (ROOT / "changes").iterdir() if path.name.split(".")[-2:-1] not in [[kind] for kind in SECTIONS]
    ]


def main(arguments: list[str]) -> int:
    """Write the file, or check it."""
    path, text = ROOT / "CHANGELOG.md", changelog()
    if wrong := misnamed():
        print(f"name fragments <topic>.<{'|'.join(SECTIONS)}>.md: {', '.join(wrong)}", file=sys.stderr)
        return 1
    if "--names" in arguments:
        return 0
    if "--check" not in arguments:
        path.write_text(text)
        return 0
    if not path.exists() or path.read_text() != text:
        print("CHANGELOG.md is out of date, run `make changelog`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
