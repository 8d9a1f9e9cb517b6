"""What a target revision is: a version constraint, a full reference, a commit, or the name of a branch or tag.

Called by the Git adapter with the references of a remote; constraints are chosen by the rules charts use for versions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

_COMMIT = re.compile(r"[0-9a-fA-F]{40}")
_SHORT = re.compile(r"[0-9a-fA-F]{4,40}")
_OPERATORS = re.compile(r"[<>=~^|,]|\s-\s|!=")
_WILDCARD = re.compile(r"v?(?:\d+\.)*[xX*](?:\.[xX*])*|v?\d+(?:\.\d+)?\.[xX*](?:\.[xX*])?")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f?*\[\\^~:]|\.\.|@\{|^-|//|\.lock$|^/|/$")
Choose = Callable[[Iterable[str], str], str | None]


def is_constraint(revision: str) -> bool:
    """Whether a revision is a range of versions and no name."""
    if revision in ("*", "x", "X"):
        return revision == "*"
    return _OPERATORS.search(revision) is not None or _WILDCARD.fullmatch(revision) is not None


def is_commit(revision: str) -> bool:
    """Whether a revision is the whole id of a commit."""
    return _COMMIT.fullmatch(revision) is not None


def is_short_commit(revision: str) -> bool:
    """Whether a revision may be the beginning of the id of a commit."""
    return _SHORT.fullmatch(revision) is not None


def is_name(revision: str) -> bool:
    """Whether a revision can be the name of a reference."""
    return bool(revision) and len(revision) <= 1024 and _FORBIDDEN.search(revision) is None


def find_reference(heads: Mapping[str, str], revision: str, choose: Choose) -> tuple[str, str]:
    """Return the reference a revision names and the id it has, both empty when there is none.

    `choose` returns the best of some versions for a constraint. Branches come before tags, as in Argo CD.
    """
    if revision in ("", "HEAD"):
        return ("HEAD", heads["HEAD"]) if "HEAD" in heads else ("", "")
    if is_constraint(revision):
        tags = {name.removeprefix("refs/tags/") for name in heads if name.startswith("refs/tags/") and not name.endswith("^{}")}
        best = choose(tags, revision)
        revision = f"refs/tags/{best}" if best else revision
    for name in (revision, f"refs/heads/{revision}", f"refs/tags/{revision}"):
        if name.startswith("refs/") and name in heads:
            return name, heads.get(f"{name}^{{}}", heads[name])
    return "", ""
