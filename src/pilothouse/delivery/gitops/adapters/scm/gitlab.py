"""GitLab, REST API v4."""

from __future__ import annotations

import posixpath
from collections.abc import AsyncIterator

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.adapters.scm.http import MAX_PAGES, Api, segment
from pilothouse.delivery.gitops.engine.applicationsets.filters import clone_url
from pilothouse.delivery.gitops.errors import GeneratorFailed

STYLE = "private"
PER_PAGE = 100


def base_of(spec: Tree) -> str:
    """Return the URL of the API."""
    base = str(spec.get("api") or "https://gitlab.com").rstrip("/")
    return base if base.endswith("/api/v4") else f"{base}/api/v4"


async def _pages(api: Api, path: str, query: Tree) -> AsyncIterator[Tree]:
    """Yield what is on all pages; the number of the next one is in a header."""
    number = "1"
    for _ in range(MAX_PAGES):
        page = await api.get(path, {**query, "per_page": PER_PAGE, "page": number})
        for one in page.body:
            yield one
        number = page.headers.get("x-next-page", "")
        if not number:
            return
    raise GeneratorFailed(f"GitLab at {api.base} has more than {MAX_PAGES} pages of {path}")


async def pull_requests(api: Api, spec: Tree) -> list[Tree]:
    """Return merge requests in the wanted state (all states without one) that carry all wanted labels."""
    query = {"labels": ",".join(spec.get("labels") or ()), "state": spec.get("pullRequestState") or ""}
    path = f"/projects/{segment(spec.get('project'))}/merge_requests"
    return [
        {
            "number": one["iid"], "title": one.get("title") or "", "branch": one["source_branch"],
            "targetBranch": one["target_branch"], "headSHA": one.get("sha") or "", "labels": list(one.get("labels") or ()),
            "author": (one.get("author") or {}).get("username") or "",
        }
        async for one in _pages(api, path, query)
    ]  # fmt: skip


async def repositories(api: Api, spec: Tree, protocol: str) -> list[Tree]:
    """Return the projects of a group, on their default branches."""
    query = {
        "include_subgroups": _word(spec.get("includeSubgroups")), "with_shared": _word(spec.get("includeSharedProjects", True)),
        "archived": "" if spec.get("includeArchivedRepos") else "false", "topic": spec.get("topic") or "",
    }  # fmt: skip
    return [
        {
            "organization": (one.get("namespace") or {}).get("full_path") or "", "repository": one["path"],
            "repositoryId": one["id"], "branch": one.get("default_branch") or "",
            "labels": one.get("topics") or one.get("tag_list") or [],
            "url": clone_url("GitLab", protocol, one.get("ssh_url_to_repo", ""), one.get("http_url_to_repo", "")),
        }
        async for one in _pages(api, f"/groups/{segment(spec.get('group'))}/projects", query)
    ]  # fmt: skip


def _word(flag: object) -> str:
    return "true" if flag else "false"


async def branches(api: Api, repository: Tree, is_all: bool) -> list[tuple[str, str]]:
    """Return branches with their commits: all of them or the default one."""
    root = f"/projects/{repository['repositoryId']}/repository/branches"
    if not is_all:
        page = await api.find(f"{root}/{segment(repository['branch'])}") if repository["branch"] else None
        return [(page.body["name"], page.body["commit"]["id"])] if page else []
    return [(one["name"], one["commit"]["id"]) async for one in _pages(api, root, {})]


async def has_path(api: Api, repository: Tree, path: str) -> bool:
    """Whether a branch has a file or folder."""
    folder, name = posixpath.split(path.strip("/"))
    root = f"/projects/{repository['repositoryId']}/repository/tree"
    query = {"path": folder, "ref": repository["branch"]}
    if await api.find(root, {**query, "per_page": 1}) is None:
        return False
    return any([one["name"] == name async for one in _pages(api, root, query)])
