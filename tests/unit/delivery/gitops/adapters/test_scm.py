"""Pull requests and repositories over real HTTP, from answers written after the documentation of each API."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from pilothouse.delivery.gitops.errors import GeneratorFailed, RepositoryMissing
from tests.unit.delivery.gitops.adapters.scm.forge import Forge, play

TOKEN = {"tokenRef": {"secretName": "s", "key": "token"}}


def hub_pull(number: int, branch: str, *labels: str) -> Any:
    return {
        "number": number, "title": f"Change {number}", "head": {"ref": branch, "sha": f"{number}" * 40}, "base": {"ref": "main"},
        "labels": [{"name": label} for label in labels], "user": {"login": "ann"},
    }  # fmt: skip


HUB = "/api/v3/repos/org/app/pulls?state=open&per_page=100"
HUB_PULLS = {
    HUB: (200, [hub_pull(1, "feature-argocd", "preview")], {"link": f'<URL{HUB}&page=2>; rel="next"', "etag": '"one"'}),
    f"{HUB}&page=2": (200, [hub_pull(2, "other", "preview"), hub_pull(3, "x-argocd")], {"etag": '"two"'}),
}


def test_github_pull_requests_page_filter_and_ask_conditionally() -> None:
    async def scenario(forge: Forge) -> None:
        spec = {"github": {"owner": "org", "repo": "app", "api": "URL", "labels": ["preview"], **TOKEN}}
        found = await forge.pulls(spec)
        assert [(one["number"], one["branch"], one["author"], one["targetBranch"]) for one in found] == [
            (1, "feature-argocd", "ann", "main"), (2, "other", "ann", "main"),
        ]  # fmt: skip
        assert forge.requests[0].header("authorization") == "Bearer t0k3n"
        again = await forge.pulls({**spec, "filters": [{"branchMatch": ".*-argocd$", "targetBranchMatch": "^main$"}]})
        assert [one["number"] for one in again] == [1]
        assert [request.header("if-none-match") for request in forge.requests] == ["", "", '"one"', '"two"']
        by_title = {"filters": [{"titleMatch": "3$"}, {"branchMatch": "^other$"}]}
        assert [one["number"] for one in await forge.pulls({"github": {**spec["github"], "labels": []}, **by_title})] == [2, 3]

    play(HUB_PULLS, scenario)


def test_what_is_missing_refused_or_limited_is_told() -> None:
    async def scenario(forge: Forge) -> None:
        spec = {"github": {"owner": "org", "repo": "gone", "api": "URL"}}
        with pytest.raises(RepositoryMissing, match="has no /api/v3/repos/org/gone/pulls: Not Found"):
            await forge.pulls(spec)
        with pytest.raises(GeneratorFailed, match="refuses the credentials"):
            await forge.pulls({"gitlab": {"project": "1", "api": "URL"}})
        with pytest.raises(GeneratorFailed, match=r"no more requests until 2025-06-15T15:08:20Z"):
            await forge.pulls({"github": {"owner": "org", "repo": "busy", "api": "URL"}})
        before = len(forge.requests)
        with pytest.raises(GeneratorFailed, match="no more requests"):
            await forge.pulls(spec)
        assert len(forge.requests) == before, "a forge that is closed is left alone"
        await forge.clock.advance(500)
        with pytest.raises(RepositoryMissing):
            await forge.pulls(spec)
        with pytest.raises(GeneratorFailed, match="another shape"):
            await forge.pulls({"github": {"owner": "org", "repo": "odd", "api": "URL"}})
        with pytest.raises(GeneratorFailed, match="no Secret argocd/none"):
            await forge.pulls({"github": {"owner": "o", "repo": "r", "tokenRef": {"secretName": "none", "key": "k"}}})
        with pytest.raises(GeneratorFailed, match="awsCodeCommit is not supported"):
            await forge.repositories({"awsCodeCommit": {"region": "x"}})
        with pytest.raises(GeneratorFailed, match="no pullRequest provider"):
            await forge.pulls({"requeueAfterSeconds": 1})
        with pytest.raises(GeneratorFailed, match="regular expression"):
            await forge.pulls({"github": {"owner": "org", "repo": "none", "api": "URL"}, "filters": [{"branchMatch": "("}]})
        with pytest.raises(GeneratorFailed, match="is no URL"):
            await forge.pulls({"gitea": {"owner": "org", "repo": "none"}})

    root = "/api/v3/repos/org"
    end = "pulls?state=open&per_page=100"
    limited = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1750000100"}
    answers = {
        "/api/v4/projects/1/merge_requests?per_page=100&page=1": (401, {"message": "401 Unauthorized"}, {}),
        f"{root}/busy/{end}": (403, {"message": "API rate limit exceeded"}, limited), f"{root}/odd/{end}": {"a": 1},
        f"{root}/none/{end}": [hub_pull(1, "a")],
    }  # fmt: skip
    play(answers, scenario)


def hub_repository(name: str, *topics: str, archived: bool = False) -> Any:
    return {
        "name": name, "id": 7, "default_branch": "main", "topics": list(topics), "archived": archived, "owner": {"login": "org"},
        "ssh_url": f"git@h:org/{name}.git", "clone_url": f"https://h/org/{name}.git",
    }  # fmt: skip


def test_github_repositories_with_branches_and_paths() -> None:
    answers = {
        "/api/v3/orgs/org/repos?per_page=100": [
            hub_repository("web", "k8s"), hub_repository("old", archived=True), hub_repository("tools"),
            hub_repository("empty", "k8s"),
        ],
        "/api/v3/repos/org/web/branches/main": {"name": "main", "commit": {"sha": "a" * 40}},
        "/api/v3/repos/org/web/branches?per_page=100": [
            {"name": "main", "commit": {"sha": "a" * 40}}, {"name": "dev", "commit": {"sha": "b" * 40}},
        ],
        "/api/v3/repos/org/web/contents/deploy/a.yaml?ref=main": {"name": "a.yaml"},
    }  # fmt: skip

    async def scenario(forge: Forge) -> None:
        github = {"organization": "org", "api": "URL", "excludeArchivedRepos": True}
        by_label = {"github": github, "filters": [{"labelMatch": "^k8s$"}]}
        found = await forge.repositories(by_label)
        assert [(one["repository"], one["branch"], one["sha"], one["url"]) for one in found] == [
            ("web", "main", "a" * 40, "git@h:org/web.git")
        ]
        assert "/api/v3/repos/org/tools/branches/main" not in forge.targets
        paths = [{"repositoryMatch": "^web", "pathsExist": ["deploy/a.yaml"], "pathsDoNotExist": ["skip"]}]
        every = {"github": {**github, "allBranches": True}, "cloneProtocol": "https", "filters": paths}
        found = await forge.repositories(every)
        assert [(one["branch"], one["url"]) for one in found] == [("main", "https://h/org/web.git")]
        with pytest.raises(GeneratorFailed, match="unknown clone protocol"):
            await forge.repositories({"github": github, "cloneProtocol": "ftp"})

    play(answers, scenario)


def test_gitlab() -> None:
    def merge(number: int) -> Any:
        return {
            "iid": number, "title": "t", "source_branch": f"b{number}", "target_branch": "main", "sha": "c" * 40,
            "labels": ["preview"], "author": {"username": "bob"},
        }  # fmt: skip

    pulls = "/api/v4/projects/team%2Fapp/merge_requests?labels=preview&state=opened&per_page=100&page="
    group = "/api/v4/groups/team/projects?include_subgroups=true&with_shared=true&archived=false&per_page=100&page=1"
    project = {
        "id": 5, "path": "app", "namespace": {"full_path": "team/sub"}, "default_branch": "main", "topics": ["k8s"],
        "ssh_url_to_repo": "git@l:team/sub/app.git", "http_url_to_repo": "https://l/team/sub/app.git",
    }  # fmt: skip
    tree = "/api/v4/projects/5/repository/tree?path=deploy&ref=main&per_page="
    answers = {
        f"{pulls}1": (200, [merge(1)], {"x-next-page": "2"}), f"{pulls}2": (200, [merge(2)], {"x-next-page": ""}),
        group: [project], "/api/v4/projects/5/repository/branches/main": {"name": "main", "commit": {"id": "d" * 40}},
        f"{tree}1": [], f"{tree}100&page=1": [{"name": "a.yaml"}],
    }  # fmt: skip

    async def scenario(forge: Forge) -> None:
        spec = {"project": "team/app", "api": "URL", "labels": ["preview"], "pullRequestState": "opened", **TOKEN}
        found = await forge.pulls({"gitlab": spec})
        assert [(one["number"], one["branch"], one["headSHA"], one["labels"]) for one in found] == [
            (1, "b1", "c" * 40, ["preview"]), (2, "b2", "c" * 40, ["preview"]),
        ]  # fmt: skip
        assert forge.requests[0].header("private-token") == "t0k3n"
        scm = {"group": "team", "api": "URL", "includeSubgroups": True}
        found = await forge.repositories({"gitlab": scm, "filters": [{"pathsExist": ["deploy/a.yaml"]}]})
        assert [(one["organization"], one["repository"], one["sha"]) for one in found] == [("team/sub", "app", "d" * 40)]
        assert await forge.repositories({"gitlab": scm, "filters": [{"pathsExist": ["other/a.yaml"]}]}) == []

    play(answers, scenario)


def test_gitea() -> None:
    repository = {**hub_repository("web"), "topics": ["k8s"]}
    answers = {
        "/api/v1/repos/org/app/pulls?state=open&limit=50&page=1": [hub_pull(1, "a", "x"), hub_pull(2, "b")],
        "/api/v1/repos/org/app/pulls?state=open&limit=50&page=2": [],
        "/api/v1/orgs/org/repos?limit=50&page=1": [repository], "/api/v1/orgs/org/repos?limit=50&page=2": [],
        "/api/v1/repos/org/web/branches?limit=50&page=1": [{"name": "main", "commit": {"id": "e" * 40}}],
        "/api/v1/repos/org/web/branches?limit=50&page=2": [], "/api/v1/repos/org/web/contents/x?ref=main": {"name": "x"},
    }  # fmt: skip

    async def scenario(forge: Forge) -> None:
        found = await forge.pulls({"gitea": {"owner": "org", "repo": "app", "api": "URL", "labels": ["x"], **TOKEN}})
        assert [one["number"] for one in found] == [1] and forge.requests[0].header("authorization") == "token t0k3n"
        spec = {"gitea": {"owner": "org", "api": "URL", "allBranches": True}, "filters": [{"pathsExist": ["x"]}]}
        assert [one["sha"] for one in await forge.repositories(spec)] == ["e" * 40]

    play(answers, scenario)


def test_bitbucket_server() -> None:
    pull = {
        "id": 9, "title": "t", "fromRef": {"displayId": "feature", "latestCommit": "f" * 40}, "toRef": {"displayId": "main"},
        "author": {"user": {"name": "cat"}},
    }  # fmt: skip
    pulls = "/rest/api/1.0/projects/P/repos/app/pull-requests?state=OPEN&limit=100&start="
    links = {"clone": [{"name": "ssh", "href": "ssh://git@b/P/app.git"}, {"name": "http", "href": "https://b/scm/P/app.git"}]}
    answers = {
        f"{pulls}0": {"values": [pull], "isLastPage": False, "nextPageStart": 1},
        f"{pulls}1": {"values": [{**pull, "id": 10}], "isLastPage": True},
        "/rest/api/1.0/projects/P/repos?limit=100&start=0": {
            "values": [{"slug": "app", "id": 3, "project": {"key": "P"}, "links": links}], "isLastPage": True,
        },
        "/rest/api/1.0/projects/P/repos/app/branches/default": {"displayId": "main", "latestCommit": "0" * 40},
        "/rest/api/1.0/projects/P/repos/app/browse/deploy?at=main&type=true": {"type": "DIRECTORY"},
    }  # fmt: skip

    async def scenario(forge: Forge) -> None:
        basic = {"basicAuth": {"username": "u", "passwordRef": {"secretName": "s", "key": "token"}}}
        found = await forge.pulls({"bitbucketServer": {"project": "P", "repo": "app", "api": "URL", **basic}})
        assert [(one["number"], one["author"]) for one in found] == [(9, "cat"), (10, "cat")]
        assert forge.requests[0].header("authorization") == "Basic dTp0MGszbg=="
        bearer = {"bearerToken": {"tokenRef": {"secretName": "s", "key": "token"}}}
        spec = {"bitbucketServer": {"project": "P", "api": "URL", **bearer}, "filters": [{"pathsExist": ["deploy"]}]}
        found = await forge.repositories({**spec, "cloneProtocol": "https"})
        assert [(one["url"], one["branch"], one["sha"]) for one in found] == [("https://b/scm/P/app.git", "main", "0" * 40)]
        assert forge.requests[-1].header("authorization") == "Bearer t0k3n"

    play(answers, scenario)


def test_bitbucket_cloud() -> None:
    pull = {
        "id": 4, "title": "t", "source": {"branch": {"name": "f"}, "commit": {"hash": "abc123"}},
        "destination": {"branch": {"name": "main"}}, "author": {"nickname": "dan"},
    }  # fmt: skip
    pulls = "/2.0/repositories/ws/app/pullrequests?state=OPEN&pagelen=50"
    links = {"clone": [{"name": "ssh", "href": "git@bb:ws/app.git"}, {"name": "https", "href": "https://bb/ws/app.git"}]}
    answers = {
        pulls: {"values": [pull], "next": f"URL{pulls}&page=2"}, f"{pulls}&page=2": {"values": [{**pull, "id": 5}]},
        "/2.0/repositories/ws?role=member&pagelen=50": {
            "values": [{"slug": "app", "uuid": "{u}", "mainbranch": {"name": "main"}, "links": links}],
        },
        "/2.0/repositories/ws/app/refs/branches/main": {"name": "main", "target": {"hash": "1" * 40}},
        f"/2.0/repositories/ws/app/src/{'1' * 40}/deploy?format=meta": {"path": "deploy"},
    }  # fmt: skip

    async def scenario(forge: Forge) -> None:
        found = await forge.pulls({"bitbucket": {"owner": "ws", "repo": "app", "api": "URL/2.0"}})
        assert [(one["number"], one["headSHA"]) for one in found] == [(4, "abc123"), (5, "abc123")]
        password = {"user": "u", "appPasswordRef": {"secretName": "s", "key": "token"}}
        spec = {"bitbucket": {"owner": "ws", "api": "URL/2.0", **password}, "filters": [{"pathsDoNotExist": ["nothing"]}]}
        assert [one["sha"] for one in await forge.repositories(spec)] == ["1" * 40]
        forge.answers[pulls] = {"values": [], "next": "https://elsewhere.example.com/x"}
        with pytest.raises(GeneratorFailed, match="elsewhere"):
            await forge.pulls({"bitbucket": {"owner": "ws", "repo": "app", "api": "URL/2.0"}})

    play(answers, scenario)


def test_azure_devops() -> None:
    pull = {
        "pullRequestId": 8, "title": "t", "sourceRefName": "refs/heads/f", "targetRefName": "refs/heads/main",
        "lastMergeSourceCommit": {"commitId": "2" * 40}, "createdBy": {"uniqueName": "eve@example.com"},
        "labels": [{"name": "preview", "active": True}],
    }  # fmt: skip
    root = "/org/proj/_apis/git/repositories"
    answers = {
        f"{root}/app/pullrequests?searchCriteria.status=active&api-version=7.0&%24top=100&%24skip=0": {"value": [pull]},
        f"{root}?api-version=7.0": {
            "value": [
                {
                    "id": "i",
                    "name": "app",
                    "defaultBranch": "refs/heads/main",
                    "remoteUrl": "https://az/app",
                    "sshUrl": "git@az:app",
                },
                {"id": "j", "name": "off", "isDisabled": True},
            ]
        },
        f"{root}/i/stats/branches?api-version=7.0": {
            "value": [{"name": "main", "commit": {"commitId": "3" * 40}}, {"name": "dev", "commit": {"commitId": "4" * 40}}]
        },
    }

    async def scenario(forge: Forge) -> None:
        part = {"organization": "org", "project": "proj", "repo": "app", "api": "URL", "labels": ["preview"], **TOKEN}
        found = await forge.pulls({"azuredevops": part})
        assert [(one["number"], one["branch"], one["author"]) for one in found] == [(8, "f", "eve")]
        assert forge.requests[0].header("authorization") == "Basic OnQwazNu"
        scm = {"organization": "org", "teamProject": "proj", "api": "URL", "accessTokenRef": {"secretName": "s", "key": "token"}}
        found = await forge.repositories({"azureDevOps": scm})
        assert [(one["branch"], one["url"]) for one in found] == [("main", "https://az/app")]
        every = {"azureDevOps": {**scm, "allBranches": True}, "cloneProtocol": "ssh", "filters": [{"branchMatch": "dev"}]}
        assert [(one["branch"], one["url"]) for one in await forge.repositories(every)] == [("dev", "git@az:app")]

    play(answers, scenario)


def test_a_github_app_asks_with_a_token_of_its_installation() -> None:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()  # fmt: skip
    token = {"token": "installed", "expires_at": "2025-06-15T16:06:40Z"}

    async def scenario(forge: Forge) -> None:
        forge.secrets["app"] = {"githubAppID": "7", "githubAppInstallationID": "9", "githubAppPrivateKey": pem}
        spec = {"github": {"owner": "org", "repo": "app", "api": "URL", "appSecretName": "app"}}
        assert len(await forge.pulls(spec)) == len(await forge.pulls(spec)) == 3
        assert [request.method for request in forge.requests] == ["POST", "GET", "GET", "GET", "GET"]
        assert forge.requests[1].header("authorization") == "Bearer installed"
        signed, _, signature = forge.requests[0].header("authorization").removeprefix("Bearer ").rpartition(".")
        raw = base64.urlsafe_b64decode(signature + "==")
        key.public_key().verify(raw, signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        await forge.clock.advance(3600)
        await forge.pulls(spec)
        assert [request.method for request in forge.requests].count("POST") == 2
        forge.secrets["app"] = {"githubAppID": "7", "githubAppInstallationID": "8", "githubAppPrivateKey": "x"}
        with pytest.raises(GeneratorFailed, match="no RSA key"):
            await forge.pulls(spec)
        forge.secrets["app"] = {}
        with pytest.raises(GeneratorFailed, match="is no GitHub App: githubAppID"):
            await forge.pulls(spec)

    play({**HUB_PULLS, "/api/v3/app/installations/9/access_tokens": (201, token, {})}, scenario)
