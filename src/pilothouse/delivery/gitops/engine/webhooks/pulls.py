"""Announcements that a pull request was opened, changed or closed, which is what ApplicationSets for pull requests wait for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import orjson

from pilothouse.delivery.gitops.engine.webhooks.payloads import Headers

_HUB_ACTIONS = ("opened", "closed", "synchronize", "synchronized", "labeled", "unlabeled", "reopened", "edited", "label_updated")
_LAB_ACTIONS = ("open", "close", "reopen", "update", "merge")
_EVENTS = {"github": "x-github-event", "gitea": "x-gitea-event"}


class PullChange(msgspec.Struct, frozen=True):
    """A pull request of a repository changed."""

    forge: str
    """As the generator calls it."""
    names: frozenset[str]
    """What the repository is called, in small letters: `owner/name`, or the number of a project."""


def read_pull(provider: str, headers: Headers, body: bytes) -> PullChange | None:
    """Return what changed; None when the event is something else, or nothing that can be read."""
    try:
        tree = orjson.loads(body)
        if provider in _EVENTS and headers.get(_EVENTS[provider], "").startswith("pull_request"):
            return _like_github(provider, tree)
        if provider == "gitlab" and tree.get("object_kind") == "merge_request":
            return _gitlab(tree)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return None


def _like_github(forge: str, tree: dict[str, Any]) -> PullChange | None:
    if tree.get("action") not in _HUB_ACTIONS:
        return None
    return PullChange(forge, frozenset((str(tree["repository"]["full_name"]).lower(),)))


def _gitlab(tree: dict[str, Any]) -> PullChange | None:
    if tree["object_attributes"].get("action") not in _LAB_ACTIONS:
        return None
    project = tree["project"]
    return PullChange("gitlab", frozenset((str(project["id"]), str(project["path_with_namespace"]).lower())))


def is_about(change: PullChange, spec: Mapping[str, Any]) -> bool:
    """Whether a `pullRequest` generator looks at the repository of a change."""
    part = spec.get(change.forge)
    if not isinstance(part, Mapping):
        return False
    name = str(part.get("project") or "") if change.forge == "gitlab" else f"{part.get('owner')}/{part.get('repo')}"
    return name.lower() in change.names
