"""Gitea and Forgejo, API v1."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.adapters.scm.http import MAX_PAGES, Api, segment
from pilothouse.delivery.gitops.engine.applicationsets.filters import carries, clone_url
from pilothouse.delivery.gitops.errors import GeneratorFailed

STYLE = "token"
LIMIT = 50


def base_of(spec: Tree) -> str:
    """Return the URL of the API."""
    base = str(spec.get("api") or "").rstrip("/")
    return base if base.endswith("/api/v1") else f"{base}/api/v1"


async def _pages(api: Api, path: str, query: Tree) -> AsyncIterator[Tree]:
    """Yield what is on all pages: the first empty one is the end, because servers may give less than was asked for."""
    for number in range(1, MAX_PAGES + 1):
        found = (await api.get(path, {**query, "limit": LIMIT, "page": number})).body or []
        for one in found:
            yield one
        if not found:
            return
    raise GeneratorFailed(f"Gitea at {api.base} has more than {MAX_PAGES} pages of {path}")


async def pull_requests(api: Api, spec: Tree) -> list[Tree]:
    """Return the open pull requests that carry all wanted labels."""
    path = f"/repos/{segment(spec.get('owner'))}/{segment(spec.get('repo'))}/pulls"
    found: list[Tree] = [
        {
            "number": one["number"], "title": one.get("title") or "", "branch": one["head"]["ref"],
            "targetBranch": one["base"]["ref"], "headSHA": one["head"]["sha"],
            "labels": [label["name"] for label in one.get("labels") or ()], "author": (one.get("user") or {}).get("login") or "",
        }
        async for one in _pages(api, path, {"state": "open"})
    ]  # fmt: skip
    return [one for one in found if carries(one["labels"], spec.get("labels"))]


async def repositories(api: Api, spec: Tree, protocol: str) -> list[Tree]:
    """Return the repositories of an organisation, on their default branches."""
    return [
        {
            "organization": one["owner"]["login"], "repository": one["name"], "repositoryId": one["id"],
            "branch": one.get("default_branch") or "", "labels": one.get("topics") or [],
            "url": clone_url("Gitea", protocol, one.get("ssh_url", ""), one.get("clone_url", "")),
        }
        async for one in _pages(api, f"/orgs/{segment(spec.get('owner'))}/repos", {})
        if not (one.get("archived") and spec.get("excludeArchivedRepos"))
    ]  # fmt: skip


def _root(repository: Tree) -> str:
    return f"/repos/{segment(repository['organization'])}/{segment(repository['repository'])}"


async def branches(api: Api, repository: Tree, is_all: bool) -> list[tuple[str, str]]:
    """Return branches with their commits: all of them or the default one."""
    root = f"{_root(repository)}/branches"
    if not is_all:
        page = await api.find(f"{root}/{quote(repository['branch'])}") if repository["branch"] else None
        return [(page.body["name"], page.body["commit"]["id"])] if page else []
    return [(one["name"], one["commit"]["id"]) async for one in _pages(api, root, {})]


async def has_path(api: Api, repository: Tree, path: str) -> bool:
    """Whether a branch has a file or folder."""
    where = f"{_root(repository)}/contents/{quote(path.strip('/'))}"
    return await api.find(where, {"ref": repository["branch"]}) is not None
