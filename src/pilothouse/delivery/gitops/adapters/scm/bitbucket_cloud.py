"""Bitbucket Cloud, REST API 2.0."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.adapters.scm.http import MAX_PAGES, Api, segment
from pilothouse.delivery.gitops.engine.applicationsets.filters import clone_url
from pilothouse.delivery.gitops.errors import GeneratorFailed

STYLE = "Bearer"
LENGTH = 50


def base_of(spec: Tree) -> str:
    """Return the URL of the API."""
    return str(spec.get("api") or "https://api.bitbucket.org/2.0").rstrip("/")


async def _pages(api: Api, path: str, query: Tree) -> AsyncIterator[Tree]:
    """Yield what is on all pages; each has the URL of the next."""
    body = (await api.get(path, {**query, "pagelen": LENGTH})).body
    for _ in range(MAX_PAGES):
        for one in body.get("values") or ():
            yield one
        if not body.get("next"):
            return
        body = (await api.follow(str(body["next"]))).body
    raise GeneratorFailed(f"Bitbucket at {api.base} has more than {MAX_PAGES} pages of {path}")


async def pull_requests(api: Api, spec: Tree) -> list[Tree]:
    """Return the open pull requests, which have no labels here."""
    path = f"/repositories/{segment(spec.get('owner'))}/{segment(spec.get('repo'))}/pullrequests"
    return [
        {
            "number": one["id"], "title": one.get("title") or "", "branch": one["source"]["branch"]["name"],
            "targetBranch": one["destination"]["branch"]["name"], "headSHA": one["source"]["commit"]["hash"], "labels": [],
            "author": (one.get("author") or {}).get("nickname") or "",
        }
        async for one in _pages(api, path, {"state": "OPEN"})
    ]  # fmt: skip


async def repositories(api: Api, spec: Tree, protocol: str) -> list[Tree]:
    """Return the repositories of a workspace, on their main branches."""
    owner = str(spec.get("owner") or "")
    found: list[Tree] = []
    async for one in _pages(api, f"/repositories/{segment(owner)}", {"role": "member"}):
        links = {link.get("name"): link.get("href", "") for link in (one.get("links") or {}).get("clone") or ()}
        found.append(
            {
                "organization": owner, "repository": one["slug"], "repositoryId": one.get("uuid"), "labels": [],
                "branch": (one.get("mainbranch") or {}).get("name") or "",
                "url": clone_url("bitbucket cloud", protocol, links.get("ssh", ""), links.get("https", "")),
            }
        )  # fmt: skip
    return found


def _root(repository: Tree) -> str:
    return f"/repositories/{segment(repository['organization'])}/{segment(repository['repository'])}"


async def branches(api: Api, repository: Tree, is_all: bool) -> list[tuple[str, str]]:
    """Return branches with their commits: all of them or the main one."""
    root = f"{_root(repository)}/refs/branches"
    if not is_all:
        page = await api.find(f"{root}/{quote(repository['branch'])}") if repository["branch"] else None
        return [(page.body["name"], page.body["target"]["hash"])] if page else []
    return [(one["name"], one["target"]["hash"]) async for one in _pages(api, root, {})]


async def has_path(api: Api, repository: Tree, path: str) -> bool:
    """Whether a branch has a file or folder."""
    where = f"{_root(repository)}/src/{segment(repository['sha'])}/{quote(path.strip('/'))}"
    return await api.find(where, {"format": "meta"}) is not None
