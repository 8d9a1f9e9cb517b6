"""GitHub and GitHub Enterprise, REST API of 2022-11-28."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.adapters.scm.http import Api, segment
from pilothouse.delivery.gitops.engine.applicationsets.filters import carries, clone_url

STYLE = "Bearer"
PER_PAGE = 100


def base_of(spec: Tree) -> str:
    """Return the URL of the API; that of an Enterprise server is below `/api/v3`."""
    base = str(spec.get("api") or "https://api.github.com").rstrip("/")
    return base if urlsplit(base).hostname == "api.github.com" or "/api/" in base else f"{base}/api/v3"


async def pull_requests(api: Api, spec: Tree) -> list[Tree]:
    """Return the open pull requests that carry all wanted labels."""
    path = f"/repos/{segment(spec.get('owner'))}/{segment(spec.get('repo'))}/pulls"
    found: list[Tree] = []
    async for page in api.linked(path, {"state": "open", "per_page": PER_PAGE}):
        found += [_pull(one) for one in page.body]
    return [one for one in found if carries(one["labels"], spec.get("labels"))]


def _pull(one: Tree) -> Tree:
    return {
        "number": one["number"], "title": one.get("title") or "", "branch": one["head"]["ref"],
        "targetBranch": one["base"]["ref"], "headSHA": one["head"]["sha"],
        "labels": [label["name"] for label in one.get("labels") or ()], "author": (one.get("user") or {}).get("login") or "",
    }  # fmt: skip


async def repositories(api: Api, spec: Tree, protocol: str) -> list[Tree]:
    """Return the repositories of an organisation, on their default branches."""
    organization = str(spec.get("organization") or "")
    found: list[Tree] = []
    async for page in api.linked(f"/orgs/{segment(organization)}/repos", {"per_page": PER_PAGE}):
        for one in page.body:
            if not (one.get("archived") and spec.get("excludeArchivedRepos")):
                url = clone_url("GitHub", protocol, one.get("ssh_url", ""), one.get("clone_url", ""))
                found.append(
                    {
                        "organization": one["owner"]["login"], "repository": one["name"], "url": url, "repositoryId": one["id"],
                        "branch": one.get("default_branch") or "", "labels": one.get("topics") or [],
                    }
                )  # fmt: skip
    return found


async def branches(api: Api, repository: Tree, is_all: bool) -> list[tuple[str, str]]:
    """Return branches with their commits: all of them or the default one."""
    root = f"/repos/{segment(repository['organization'])}/{segment(repository['repository'])}/branches"
    if not is_all:
        page = await api.find(f"{root}/{quote(repository['branch'])}") if repository["branch"] else None
        return [(page.body["name"], page.body["commit"]["sha"])] if page else []
    return [(one["name"], one["commit"]["sha"]) async for page in api.linked(root, {"per_page": PER_PAGE}) for one in page.body]


async def has_path(api: Api, repository: Tree, path: str) -> bool:
    """Whether a branch has a file or folder."""
    root = f"/repos/{segment(repository['organization'])}/{segment(repository['repository'])}/contents"
    return await api.find(f"{root}/{quote(path.strip('/'))}", {"ref": repository["branch"]}) is not None
