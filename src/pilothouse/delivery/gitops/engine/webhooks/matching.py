"""Which Applications a push is about: by address, by target revision, and by the files their renders read."""

from __future__ import annotations

from collections.abc import Mapping

from pilothouse.delivery.gitops.engine.sources.revisions import is_commit, is_constraint
from pilothouse.delivery.gitops.engine.sources.urls import same_repository
from pilothouse.delivery.gitops.engine.webhooks.payloads import Push
from pilothouse.delivery.gitops.types.source import Source

_TAGS = "refs/tags/"


def is_affected(push: Push, source: Source, reads: Mapping[str, str]) -> bool:
    """Whether a source has to be looked at after a push; `reads` are the paths its last render read, empty when not known."""
    if source.is_chart or source.is_artifact or not any(same_repository(url, source.repo_url) for url in push.urls):
        return False
    return is_followed(push, source.target_revision) and is_touched(push, reads)


def is_followed(push: Push, revision: str) -> bool:
    """Whether a target revision may be another commit after a push."""
    if revision in ("", "HEAD"):
        return push.is_default is not False and not push.reference.startswith(_TAGS)
    if is_constraint(revision):
        return push.reference.startswith(_TAGS)
    if is_commit(revision):
        return False
    return push.reference in (revision, f"refs/heads/{revision}", f"{_TAGS}{revision}")


def is_touched(push: Push, reads: Mapping[str, str]) -> bool:
    """Whether a push changed a file that was read, was in a folder that was read whole, or changed the names in one."""
    if push.changed is None or not reads:
        return True
    return any(_is_read(path, reads, is_moved=path in push.moved) for path in push.changed)


def _is_read(path: str, reads: Mapping[str, str], *, is_moved: bool) -> bool:
    if path in reads or "" in reads:
        return True
    above = path
    while above:
        above = above.rpartition("/")[0]
        if above in reads or (is_moved and f"{above}/" in reads):
            return True
    return False
