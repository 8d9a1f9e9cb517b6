"""Bitbucket Server and Data Center, REST API 1.0."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.adapters.scm.http import MAX_PAGES, Api, segment
from pilothouse.delivery.gitops.engine.applicationsets.filters import clone_url
from pilothouse.delivery.gitops.errors import GeneratorFailed

STYLE = "Bearer"
LIMIT = 100


def base_of(spec: Tree) -> str:
    """Return the URL of the API."""
    base = str(spec.get("api") or "").rstrip("/")
    return base if "/rest/api/" in f"{base}/" else f"{base}/rest/api/1.0"


async def _pages(api: Api, path: str, query: Tree) -> AsyncIterator[Tree]:
    """Yield what is on all pages; each names the start of the next."""
    start = 0
    for _ in range(MAX_PAGES):
        body = (await api.get(path, {**query, "limit": LIMIT, "start": start})).body
        for one in body.get("values") or ():
            yield one
        if body.get("isLastPage", True) or body.get("nextPageStart") is None:
            return
        start = int(body["nextPageStart"])
    raise GeneratorFailed(f"Bitbucket at {api.base} has more than {MAX_PAGES} pages of {path}")


async def pull_requests(api: Api, spec: Tree) -> list[Tree]:
    """Return the open pull requests, which have no labels here."""
    path = f"/projects/{segment(spec.get('project'))}/repos/{segment(spec.get('repo'))}/pull-requests"
    return [
        {
            "number": one["id"], "title": one.get("title") or "", "branch": one["fromRef"]["displayId"],
            "targetBranch": one["toRef"]["displayId"], "headSHA": one["fromRef"]["latestCommit"], "labels": [],
            "author": ((one.get("author") or {}).get("user") or {}).get("name") or "",
        }
        async for one in _pages(api, path, {"state": "OPEN"})
    ]  # fmt: skip


async def repositories(api: Api, spec: Tree, protocol: str) -> list[Tree]:
    """Return the repositories of a project; their default branches are asked for later."""
    found: list[Tree] = []
    async for one in _pages(api, f"/projects/{segment(spec.get('project'))}/repos", {}):
        links = {link.get("name"): link.get("href", "") for link in (one.get("links") or {}).get("clone") or ()}
        url = clone_url("Bitbucket Server", protocol, links.get("ssh", ""), links.get("http") or links.get("https", ""))
        found.append(
            {
                "organization": one["project"]["key"], "repository": one["slug"], "repositoryId": one["id"], "url": url,
                "branch": "", "labels": [],
            }
        )  # fmt: skip
    return found


def _root(repository: Tree) -> str:
    return f"/projects/{segment(repository['organization'])}/repos/{segment(repository['repository'])}"


async def branches(api: Api, repository: Tree, is_all: bool) -> list[tuple[str, str]]:
    """Return branches with their commits: all of them or the default one; an empty repository has none."""
    root = f"{_root(repository)}/branches"
    if not is_all:
        page = await api.find(f"{root}/default")
        return [(page.body["displayId"], page.body["latestCommit"])] if page and page.body else []
    return [(one["displayId"], one["latestCommit"]) async for one in _pages(api, root, {})]


async def has_path(api: Api, repository: Tree, path: str) -> bool:
    """Whether a branch has a file or folder."""
    where = f"{_root(repository)}/browse/{quote(path.strip('/'))}"
    return await api.find(where, {"at": repository["branch"], "type": "true"}) is not None
