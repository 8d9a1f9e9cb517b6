"""Azure DevOps, REST API 7.0."""

from __future__ import annotations

from collections.abc import AsyncIterator

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.adapters.scm.http import MAX_PAGES, Api, segment
from pilothouse.delivery.gitops.engine.applicationsets.filters import carries, clone_url
from pilothouse.delivery.gitops.errors import GeneratorFailed

STYLE = "basic"
VERSION = {"api-version": "7.0"}
TOP = 100
_HEADS = "refs/heads/"


def base_of(spec: Tree) -> str:
    """Return the URL of the API of one organisation."""
    base = str(spec.get("api") or "https://dev.azure.com").rstrip("/")
    return f"{base}/{segment(spec.get('organization'))}"


async def _pages(api: Api, path: str, query: Tree) -> AsyncIterator[Tree]:
    """Yield what is on all pages."""
    for number in range(MAX_PAGES):
        found = (await api.get(path, {**query, **VERSION, "$top": TOP, "$skip": number * TOP})).body.get("value") or []
        for one in found:
            yield one
        if len(found) < TOP:
            return
    raise GeneratorFailed(f"Azure DevOps at {api.base} has more than {MAX_PAGES} pages of {path}")


async def pull_requests(api: Api, spec: Tree) -> list[Tree]:
    """Return the active pull requests that carry all wanted labels."""
    path = f"/{segment(spec.get('project'))}/_apis/git/repositories/{segment(spec.get('repo'))}/pullrequests"
    found: list[Tree] = []
    async for one in _pages(api, path, {"searchCriteria.status": "active"}):
        labels = [label["name"] for label in one.get("labels") or () if label.get("active", True)]
        author = str((one.get("createdBy") or {}).get("uniqueName") or "").partition("@")[0]
        found.append(
            {
                "number": one["pullRequestId"], "title": one.get("title") or "", "author": author, "labels": labels,
                "branch": str(one["sourceRefName"]).removeprefix(_HEADS),
                "targetBranch": str(one.get("targetRefName") or "").removeprefix(_HEADS),
                "headSHA": (one.get("lastMergeSourceCommit") or {}).get("commitId") or "",
            }
        )  # fmt: skip
    return [one for one in found if carries(one["labels"], spec.get("labels"))]


async def repositories(api: Api, spec: Tree, protocol: str) -> list[Tree]:
    """Return the repositories of a project that are in use, on their default branches."""
    project = str(spec.get("teamProject") or "")
    body = (await api.get(f"/{segment(project)}/_apis/git/repositories", VERSION)).body
    return [
        {
            "organization": str(spec.get("organization") or ""), "repository": one["name"], "repositoryId": one["id"],
            "project": project, "branch": str(one.get("defaultBranch") or "").removeprefix(_HEADS), "labels": [],
            "url": clone_url("Azure DevOps", protocol, one.get("sshUrl", ""), one.get("remoteUrl", ""), "https"),
        }
        for one in body.get("value") or ()
        if not one.get("isDisabled") and one.get("defaultBranch")
    ]  # fmt: skip


def _root(repository: Tree) -> str:
    return f"/{segment(repository['project'])}/_apis/git/repositories/{segment(repository['repositoryId'])}"


async def branches(api: Api, repository: Tree, is_all: bool) -> list[tuple[str, str]]:
    """Return branches with their commits: all of them or the default one."""
    body = (await api.get(f"{_root(repository)}/stats/branches", VERSION)).body
    found = [(str(one["name"]), str(one["commit"]["commitId"])) for one in body.get("value") or ()]
    return found if is_all else [one for one in found if one[0] == repository["branch"]]


async def has_path(api: Api, repository: Tree, path: str) -> bool:
    """Whether a branch has a file or folder."""
    at = {"versionDescriptor.version": repository["branch"], "versionDescriptor.versionType": "branch", "$format": "json"}
    return await api.find(f"{_root(repository)}/items", {"path": f"/{path.strip('/')}", **at, **VERSION}) is not None
