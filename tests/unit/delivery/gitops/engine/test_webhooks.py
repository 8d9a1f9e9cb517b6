"""Pushes of every forge, their signatures, and what they are about."""

# ruff: noqa: E501 - one case a line

import base64
import hmac
import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.delivery.gitops.engine.webhooks import Push, is_affected, is_genuine, provider_of, read_pull, read_push
from pilothouse.delivery.gitops.engine.webhooks.pulls import is_about
from pilothouse.delivery.gitops.errors import PushInvalid
from pilothouse.delivery.gitops.types.source import Source

COMMITS = [
    {"added": ["a/new.yaml"], "removed": [], "modified": ["a/x.yaml"]},
    {"added": [], "removed": ["b/old"], "modified": []},
]
CHANGED, MOVED = frozenset({"a/new.yaml", "a/x.yaml", "b/old"}), frozenset({"a/new.yaml", "b/old"})
HUB = {"html_url": "https://github.com/org/repo", "clone_url": "https://github.com/org/repo.git", "ssh_url": "git@github.com:org/repo.git",
       "default_branch": "main"}  # fmt: skip
LAB = {"web_url": "https://gitlab.com/org/repo", "git_http_url": "https://gitlab.com/org/repo.git", "default_branch": "main"}
PAYLOADS: dict[str, tuple[dict[str, str], dict[str, Any], list[Push]]] = {
    "github": (
        {"x-github-event": "push"}, {"ref": "refs/heads/main", "repository": HUB, "commits": COMMITS},
        [Push((HUB["html_url"], HUB["clone_url"], HUB["ssh_url"]), "refs/heads/main", True, CHANGED, MOVED)],
    ),
    "gitea": (
        {"x-gitea-event": "push", "x-github-event": "push"},
        {"ref": "refs/heads/dev", "repository": HUB, "commits": COMMITS, "total_commits": 5},
        [Push((HUB["html_url"], HUB["clone_url"], HUB["ssh_url"]), "refs/heads/dev", False)],
    ),
    "gogs": (
        {"x-gogs-event": "push"}, {"ref": "refs/tags/v1", "repository": HUB, "commits": None},
        [Push((HUB["html_url"], HUB["clone_url"], HUB["ssh_url"]), "refs/tags/v1", False)],
    ),
    "gitlab": (
        {"x-gitlab-event": "Push Hook"},
        {"object_kind": "push", "ref": "refs/heads/main", "project": LAB, "commits": COMMITS, "total_commits_count": 2},
        [Push((LAB["web_url"], LAB["git_http_url"]), "refs/heads/main", True, CHANGED, MOVED)],
    ),
    "bitbucket": (
        {"x-hook-uuid": "u", "x-event-key": "repo:push"},
        {"repository": {"full_name": "org/repo", "links": {"html": {"href": "https://bitbucket.org/org/repo"}}},
         "push": {"changes": [{"new": {"type": "branch", "name": "main"}}, {"new": None, "old": {"type": "tag", "name": "v1"}}]}},
        [Push(("https://bitbucket.org/org/repo", "git@bitbucket.org:org/repo.git"), "refs/heads/main"),
         Push(("https://bitbucket.org/org/repo", "git@bitbucket.org:org/repo.git"), "refs/tags/v1")],
    ),
    "bitbucketserver": (
        {"x-event-key": "repo:refs_changed"},
        {"repository": {"links": {"clone": [{"name": "http", "href": "https://bb/scm/org/repo.git"}]}},
         "changes": [{"ref": {"id": "refs/heads/main"}}]},
        [Push(("https://bb/scm/org/repo.git",), "refs/heads/main")],
    ),
    "azuredevops": (
        {"x-vss-activityid": "1"},
        {"eventType": "git.push", "resource": {"refUpdates": [{"name": "refs/heads/main"}],
         "repository": {"remoteUrl": "https://dev.azure.com/o/p/_git/r", "defaultBranch": "refs/heads/main"}}},
        [Push(("https://dev.azure.com/o/p/_git/r",), "refs/heads/main", True)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_push_of_every_forge(name: str) -> None:
    headers, payload, expected = PAYLOADS[name]
    assert provider_of(headers) == name
    assert read_push(name, headers, orjson.dumps(payload)) == expected
    for body in (b"", b"[]", b"{", b"{}" * 2):
        with pytest.raises(PushInvalid):
            read_push(name, headers, body)
    for key in payload:
        if key in ("repository", "project", "resource", "push", "changes"):
            with pytest.raises(PushInvalid, match=f"no push of {name}"):
                read_push(name, headers, orjson.dumps({**payload, key: 1}))


def test_other_events_are_nothing() -> None:
    for name, headers in {
        "github": {"x-github-event": "ping"}, "gitea": {"x-gitea-event": "issues"}, "gitlab": {"x-gitlab-event": "x"},
        "bitbucket": {"x-hook-uuid": "u", "x-event-key": "pr"}, "bitbucketserver": {"x-event-key": "pr"}, "azuredevops": {},
    }.items():  # fmt: skip
        assert read_push(name, headers, b"{}") == []
    with pytest.raises(PushInvalid, match="no forge"):
        read_push("", {}, b"{}")


def test_signatures() -> None:
    body, secret = b'{"a": 1}', "s3cret"
    good = {algorithm: hmac.new(secret.encode(), body, algorithm).hexdigest() for algorithm in ("sha1", "sha256")}
    login = base64.b64encode(b"u:p").decode()
    cases: list[tuple[str, dict[str, str], dict[str, str]]] = [
        ("github", {"x-hub-signature-256": f"sha256={good['sha256']}"}, {"webhook.github.secret": secret}),
        ("github", {"x-hub-signature": f"sha1={good['sha1']}"}, {"webhook.github.secret": secret}),
        ("gitlab", {"x-gitlab-token": secret}, {"webhook.gitlab.secret": secret}),
        ("gitea", {"x-gitea-signature": good["sha256"]}, {"webhook.gogs.secret": secret}),
        ("gogs", {"x-gogs-signature": good["sha256"]}, {"webhook.gogs.secret": secret}),
        ("bitbucket", {"x-hook-uuid": "{u-1}"}, {"webhook.bitbucket.uuid": "u-1"}),
        ("bitbucketserver", {"x-hub-signature": f"sha256={good['sha256']}"}, {"webhook.bitbucketserver.secret": secret}),
        (
            "azuredevops",
            {"authorization": f"Basic {login}"},
            {"webhook.azuredevops.username": "u", "webhook.azuredevops.password": "p"},
        ),
    ]
    for provider, headers, secrets in cases:
        assert is_genuine(provider, headers, body, secrets), provider
        assert not is_genuine(provider, {}, body, secrets), provider
        assert not is_genuine(provider, {key: f"{value}x" for key, value in headers.items()}, body, secrets), provider
        assert is_genuine(provider, {}, body, {}), "no secret is set"
        if "signature" in next(iter(headers)):
            assert not is_genuine(provider, headers, body + b" ", secrets), provider


PUSH = Push(("https://github.com/org/repo",), "refs/heads/main", True, frozenset({"apps/a/x.yaml", "apps/b/new.yaml"}),
            frozenset({"apps/b/new.yaml"}))  # fmt: skip


@pytest.mark.parametrize(
    ("revision", "expected"),
    [("HEAD", True), ("", True), ("main", True), ("refs/heads/main", True), ("dev", False), ("v1.*", False), ("0" * 40, False)],
)
def test_target_revisions(revision: str, expected: bool) -> None:
    assert is_affected(PUSH, Source("git@github.com:org/repo.git", "x", revision), {}) is expected


def test_tags_ranges_and_other_repositories() -> None:
    tag = Push(PUSH.urls, "refs/tags/v1.2.0", False)
    url = "https://github.com/org/repo"
    assert is_affected(tag, Source(url, "x", "v1.*"), {}) and is_affected(tag, Source(url, "x", "v1.2.0"), {})
    assert not is_affected(tag, Source(url, "x", "HEAD"), {})
    assert not is_affected(PUSH, Source(f"{url}2", "x"), {}) and not is_affected(PUSH, Source(url, chart="c"), {})


@pytest.mark.parametrize(
    ("reads", "expected"),
    [
        ({}, True), ({"apps/a/x.yaml": "1"}, True), ({"apps/a": "1"}, True), ({"": "1"}, True), ({"apps/b/": "1"}, True),
        ({"apps/a/": "1"}, False), ({"apps/a/y.yaml": "1"}, False), ({"app": "1"}, False), ({"apps/b/y.yaml": "1"}, False),
    ],
)  # fmt: skip
def test_only_what_was_read_counts(reads: dict[str, str], expected: bool) -> None:
    assert is_affected(PUSH, Source("https://github.com/org/repo", "apps/a", "main"), reads) is expected


_JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
    st.sampled_from(["ref", "repository", "project", "commits", "push", "changes", "new", "name", "links", "html", "href", "resource", "eventType",
                     "refUpdates", "object_kind", "added"]), inner, max_size=4))  # fmt: skip


@given(st.sampled_from(list(PAYLOADS)), _JSON)
def test_any_payload_is_answered(name: str, payload: Any) -> None:
    try:
        read_push(name, PAYLOADS[name][0], json.dumps(payload).encode())
    except PushInvalid as error:
        assert error.message


def test_changes_of_pull_requests_lead_to_their_generators() -> None:
    hub = {"action": "synchronize", "repository": {"full_name": "Org/App"}, "pull_request": {}}
    change = read_pull("github", {"x-github-event": "pull_request"}, orjson.dumps(hub))
    assert change is not None
    assert is_about(change, {"github": {"owner": "org", "repo": "app"}}) and not is_about(change, {"github": {"owner": "org"}})
    assert not is_about(change, {"gitlab": {"project": "org/app"}})
    assert read_pull("github", {"x-github-event": "push"}, orjson.dumps(hub)) is None
    assert read_pull("github", {"x-github-event": "pull_request"}, orjson.dumps({**hub, "action": "assigned"})) is None
    assert read_pull("github", {"x-github-event": "pull_request"}, b"[]") is None
    project = {"id": 12, "path_with_namespace": "team/app"}
    lab = {"object_kind": "merge_request", "object_attributes": {"action": "open"}, "project": project}
    change = read_pull("gitlab", {}, orjson.dumps(lab))
    assert change is not None
    assert is_about(change, {"gitlab": {"project": "12"}}) and is_about(change, {"gitlab": {"project": "Team/App"}})
    assert read_pull("gitlab", {}, orjson.dumps({**lab, "object_attributes": {"action": "approved"}})) is None
