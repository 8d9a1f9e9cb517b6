"""Decisions about the revisions of a release: what counts as current, what may begin, what is forgotten.

Called by the actions with all stored revisions, oldest first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pilothouse.delivery.charts.release.errors import ReleaseNotFound, ReleaseRefused
from pilothouse.delivery.charts.release.types import DEPLOYED, FAILED, SUPERSEDED, UNINSTALLED, Release

Releases = Sequence[Release]
_NAME = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
_MAX_NAME = 53
_SYSTEM_LABELS = frozenset(("name", "owner", "status", "version", "createdAt", "modifiedAt"))


def name_problem(name: str) -> str:
    """Return what is wrong with a release name, empty when nothing is."""
    if not name:
        return "no name provided"
    if re.fullmatch(_NAME, name) and len(name) <= _MAX_NAME:
        return ""
    return f"invalid release name, must match regex {_NAME} and the length must not be longer than {_MAX_NAME}"


def check_labels(labels: dict[str, str]) -> None:
    """Raise ReleaseRefused when a user's label is one of helm's own."""
    if _SYSTEM_LABELS & labels.keys():
        raise ReleaseRefused(
            "user supplied labels contains system reserved label name. "
            "System labels: [name owner status version createdAt modifiedAt]"
        )


def merged_labels(old: dict[str, str], new: dict[str, str]) -> dict[str, str]:
    """Return the user's labels of the next revision; the value `null` takes one away."""
    both = {key: value for key, value in old.items() if key not in _SYSTEM_LABELS} | new
    return {key: value for key, value in both.items() if value != "null"}


def custom_labels(labels: dict[str, str]) -> dict[str, str]:
    """Return the labels users gave."""
    return {key: value for key, value in labels.items() if key not in _SYSTEM_LABELS}


def last_of(history: Releases, name: str) -> Release:
    """Return the newest revision; raises ReleaseNotFound."""
    if not history:
        raise ReleaseNotFound("release: not found")
    return history[-1]


def revision_of(history: Releases, revision: int) -> Release:
    """Return one revision, the newest for 0; raises ReleaseNotFound."""
    if not history:
        raise ReleaseNotFound("release: not found")
    if not revision:
        return history[-1]
    found = next((release for release in history if release.version == revision), None)
    if found is None:
        raise ReleaseNotFound("release: not found")
    return found


def is_name_free(history: Releases, *, replace: bool) -> bool:
    """Whether an install may take the name; a removed or failed release gives it up when asked to."""
    return not history or (replace and history[-1].status in (UNINSTALLED, FAILED))


def base_of(history: Releases, name: str) -> Release:
    """Return the revision an upgrade starts from; raises ReleaseNotFound.

    That is what is deployed; without such a revision the newest one, when it failed or was superseded, or never came to an end.
    """
    deployed = next((release for release in reversed(history) if release.status == DEPLOYED), None)
    if deployed is not None:
        return deployed
    if not history or not (history[-1].is_pending or history[-1].status in (FAILED, SUPERSEDED)):
        raise ReleaseNotFound(f'"{name}" has no deployed releases', fix="use `chart install`, or `chart upgrade --install`")
    return history[-1]


def last_good(history: Releases, before: int) -> Release | None:
    """Return the newest revision before `before` that was deployed at some time."""
    good = [r for r in history if r.version < before and r.status in (SUPERSEDED, DEPLOYED)]
    return good[-1] if good else None


def rollback_target(history: Releases, revision: int) -> Release:
    """Return the revision to go back to, the one before the newest for 0; raises ReleaseNotFound."""
    if revision < 0:
        raise ReleaseRefused("invalid release revision")
    wanted = revision or last_of(history, "").version - 1
    found = next((release for release in history if release.version == wanted), None)
    if found is None:
        raise ReleaseNotFound(f"release has no {wanted} version")
    return found


def forgotten(history: Releases, limit: int) -> list[Release]:
    """Return the revisions to delete so that one more fits `limit` (0: no limit); what is deployed stays."""
    if limit <= 0:
        return []
    excess = len(history) - (limit - 1)
    deployed = next((release.version for release in reversed(history) if release.status == DEPLOYED), 0)
    return [release for release in history if release.version != deployed][: max(excess, 0)]
