"""Read the payloads of forges. Anything may be sent: what is not a push of the expected shape is refused with a message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import orjson

from pilothouse.delivery.gitops.errors import PushInvalid

MAX_FILES = 20_000
Headers = Mapping[str, str]


class Push(msgspec.Struct, frozen=True):
    """Somebody pushed to a repository."""

    urls: tuple[str, ...]
    """The repository's addresses, as the forge writes them."""
    reference: str
    """Full name of the branch or tag."""
    is_default: bool | None = None
    """Whether it is the default branch; None when the forge does not say."""
    changed: frozenset[str] | None = None
    """Files whose content changed; None when not all are known."""
    moved: frozenset[str] = frozenset()
    """Those of them that were added or removed."""


def provider_of(headers: Headers) -> str:
    """Return which forge sent a request (header names in small letters), empty for none that is known."""
    for header, name in (
        ("x-gitea-event", "gitea"), ("x-gogs-event", "gogs"), ("x-github-event", "github"), ("x-gitlab-event", "gitlab"),
        ("x-hook-uuid", "bitbucket"), ("x-event-key", "bitbucketserver"), ("x-vss-activityid", "azuredevops"),
    ):  # fmt: skip
        if header in headers:
            return name
    return ""


def read_push(provider: str, headers: Headers, body: bytes) -> list[Push]:
    """Return what was pushed, nothing for events of another kind; raises `PushInvalid`."""
    reader = _READERS.get(provider)
    if reader is None:
        raise PushInvalid(
            "the request is of no forge that is known", fix="GitHub, GitLab, Gitea, Gogs, Bitbucket or Azure DevOps"
        )
    try:
        tree = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise PushInvalid("the payload is not JSON", fix="choose application/json as the content type of the webhook") from None
    if not isinstance(tree, dict):
        raise PushInvalid("the payload is no object")
    try:
        return reader(headers, tree)
    except (KeyError, TypeError, AttributeError, ValueError, IndexError):
        raise PushInvalid(f"the payload is no push of {provider} as it is documented") from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _urls(*values: Any) -> tuple[str, ...]:
    found = tuple(value for value in values if isinstance(value, str) and value)
    if not found:
        raise ValueError
    return found


def _branch(reference: str, default: Any) -> bool | None:
    return reference == f"refs/heads/{default}" if isinstance(default, str) and default else None


def _files(commits: Any, total: Any = None) -> tuple[frozenset[str] | None, frozenset[str]]:
    """Return the files commits changed; None when the forge left some out."""
    if not isinstance(commits, list) or not commits or (isinstance(total, int) and total > len(commits)):
        return None, frozenset()
    changed: set[str] = set()
    moved: set[str] = set()
    for commit in commits:
        for key in ("added", "removed", "modified"):
            names = commit.get(key) or []
            changed.update(map(_text, names))
            if key != "modified":
                moved.update(names)
        if not any(key in commit for key in ("added", "removed", "modified")) or len(changed) > MAX_FILES:
            return None, frozenset()
    return frozenset(changed), frozenset(moved)


def _github(headers: Headers, tree: dict[str, Any]) -> list[Push]:
    if headers.get("x-github-event") != "push":
        return []
    return [_like_github(tree, is_partial=bool(tree.get("forced")) or len(tree.get("commits") or ()) >= 2048)]


def _like_github(tree: dict[str, Any], *, is_partial: bool = False, total: Any = None) -> Push:
    repository, reference = tree["repository"], _text(tree["ref"])
    changed, moved = (None, frozenset[str]()) if is_partial else _files(tree.get("commits"), total)
    urls = _urls(repository.get("html_url"), repository.get("clone_url"), repository.get("ssh_url"))
    return Push(urls, reference, _branch(reference, repository.get("default_branch")), changed, moved)


def _gitea(headers: Headers, tree: dict[str, Any]) -> list[Push]:
    if (headers.get("x-gitea-event") or headers.get("x-gogs-event")) != "push":
        return []
    return [_like_github(tree, total=tree.get("total_commits"))]


def _gitlab(headers: Headers, tree: dict[str, Any]) -> list[Push]:
    if tree.get("object_kind") not in ("push", "tag_push"):
        return []
    project, reference = tree["project"], _text(tree["ref"])
    urls = _urls(project.get("web_url"), project.get("git_http_url"), project.get("git_ssh_url"))
    changed, moved = _files(tree.get("commits"), tree.get("total_commits_count"))
    return [Push(urls, reference, _branch(reference, project.get("default_branch")), changed, moved)]


def _bitbucket(headers: Headers, tree: dict[str, Any]) -> list[Push]:
    if headers.get("x-event-key") != "repo:push":
        return []
    repository = tree["repository"]
    page = _text(repository["links"]["html"]["href"])
    full = repository.get("full_name")
    urls = _urls(page, f"git@bitbucket.org:{full}.git" if isinstance(full, str) else None)
    found: list[Push] = []
    for change in tree["push"]["changes"]:
        now = change.get("new") or change.get("old")
        kind = "tags" if now.get("type") == "tag" else "heads"
        found.append(Push(urls, f"refs/{kind}/{_text(now['name'])}"))
    return found


def _bitbucket_server(headers: Headers, tree: dict[str, Any]) -> list[Push]:
    if headers.get("x-event-key") != "repo:refs_changed":
        return []
    links = tree["repository"].get("links") or {}
    places = [each.get("href") for key in ("clone", "self") for each in links.get(key) or ()]
    urls = _urls(*places)
    return [Push(urls, _text(change["ref"]["id"])) for change in tree["changes"]]


def _azure(headers: Headers, tree: dict[str, Any]) -> list[Push]:
    if tree.get("eventType") != "git.push":
        return []
    resource = tree["resource"]
    repository = resource["repository"]
    default = repository.get("defaultBranch")
    urls = _urls(repository.get("remoteUrl"), repository.get("sshUrl"))
    found: list[Push] = []
    for update in resource["refUpdates"]:
        reference = _text(update["name"])
        found.append(Push(urls, reference, reference == default if isinstance(default, str) else None))
    return found


_READERS: dict[str, Callable[[Headers, dict[str, Any]], list[Push]]] = {
    "github": _github, "gitlab": _gitlab, "gitea": _gitea, "gogs": _gitea, "bitbucket": _bitbucket,
    "bitbucketserver": _bitbucket_server, "azuredevops": _azure,
}  # fmt: skip
