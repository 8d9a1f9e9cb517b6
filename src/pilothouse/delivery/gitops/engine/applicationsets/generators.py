"""The generators that look at one thing: a list, clusters, a repository, its pull requests, a plugin, decisions.

Each takes its part of the spec and the templates, yields what it has to ask, and returns the parameters of each Application.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.engine.applicationsets import asks
from pilothouse.delivery.gitops.engine.applicationsets.asks import Asking, Params
from pilothouse.delivery.gitops.engine.applicationsets.naming import branch_slug, sanitize_name
from pilothouse.delivery.gitops.engine.applicationsets.parameters import flat, shown
from pilothouse.delivery.gitops.engine.applicationsets.repositories import git
from pilothouse.delivery.gitops.engine.applicationsets.templating import Templates
from pilothouse.delivery.gitops.errors import GeneratorFailed, RepositoryMissing

LOCAL_NAME, LOCAL_SERVER = "in-cluster", "https://kubernetes.default.svc"
SECRET_TYPE = "argocd.argoproj.io/secret-type"
Simple = Callable[[Tree, Templates, str], Asking]
"""A generator: its spec, the templates, and the project of the ApplicationSet."""


def list_elements(spec: Tree, templates: Templates, project: str) -> Asking:
    """Return the elements that are written down."""
    found: list[Params] = []
    for element in spec.get("elements") or []:
        found.append(dict(element) if templates.is_go else _texts(element))
    found += [dict(element) for element in spec.get("elementsYaml") or [] if isinstance(element, Mapping)]
    return found
    yield  # nothing has to be asked; this makes it a generator like the others


def _texts(element: Mapping[str, Any]) -> Params:
    params: Params = {}
    for key, value in element.items():
        inner = {key: value}
        if key == "values":
            if not isinstance(value, Mapping):
                raise GeneratorFailed("error parsing values map")
            inner = {f"values.{name}": text for name, text in value.items()}
        if not all(isinstance(text, str) for text in inner.values()):
            raise GeneratorFailed(f"error parsing value as string: {key} of a list element is {shown(value)}")
        params |= inner
    return params


def clusters(spec: Tree, templates: Templates, project: str) -> Asking:
    """Return one set of parameters for each cluster; the local one too, unless labels are asked for."""
    selector = spec.get("selector") or {}
    is_labelled = bool(selector.get("matchLabels") or selector.get("matchExpressions"))
    wanted = {**selector, "matchLabels": {**(selector.get("matchLabels") or {}), SECRET_TYPE: "cluster"}}
    try:
        secrets = yield asks.Clusters(wanted)
    except GeneratorFailed as error:
        raise GeneratorFailed(f"error getting cluster secrets: {error.message}", fix=error.fix) from None
    by_name = {str((secret.get("data") or {}).get("name", "")): secret for secret in secrets}
    values = spec.get("values")
    found = [templates.with_values(values, _cluster(by_name[name], templates)) for name in sorted(by_name)]
    if not is_labelled and all(one["server"] != LOCAL_SERVER for one in found):
        local: Params = {"name": LOCAL_NAME, "nameNormalized": LOCAL_NAME, "server": LOCAL_SERVER, "project": ""}
        found.append(templates.with_values(values, local))
    return [{"clusters": found}] if spec.get("flatList") else found


def _cluster(secret: Tree, templates: Templates) -> Params:
    data, name = secret.get("data") or {}, str((secret.get("data") or {}).get("name", ""))
    params: Params = {
        "name": name, "nameNormalized": sanitize_name(name), "server": data.get("server", ""), "project": data.get("project", ""),
    }  # fmt: skip
    meta = {key: secret[key] for key in ("annotations", "labels") if secret.get(key)}
    if templates.is_go:
        return {**params, "metadata": meta}
    return {**params, **{f"metadata.{kind}.{key}": value for kind, pairs in meta.items() for key, value in pairs.items()}}


def decisions(spec: Tree, templates: Templates, project: str) -> Asking:
    """Return one set of parameters for each cluster that other controllers have chosen, in the status of their resources."""
    config_map, name, selector = str(spec.get("configMapRef", "")), str(spec.get("name") or ""), spec.get("labelSelector") or {}
    servers = {LOCAL_NAME: LOCAL_SERVER}
    for secret in (yield asks.Clusters({"matchLabels": {SECRET_TYPE: "cluster"}})):
        data = secret.get("data") or {}
        servers[str(data.get("name", ""))] = str(data.get("server", ""))
    config: Mapping[str, str] = yield asks.Decisions(config_map)
    kind, version = config.get("kind", ""), config.get("apiVersion", "")
    if not kind or version.find("/") < 1:
        raise GeneratorFailed("there is a problem with the apiVersion, kind or resourceName provided")
    has_selector = bool(selector.get("matchLabels") or selector.get("matchExpressions"))
    if bool(name) == has_selector:
        raise GeneratorFailed("there is a problem with the definition of the ClusterDecisionResource generator")
    resources = yield asks.Decisions(config_map, version, kind, name, selector)
    if not resources:
        raise GeneratorFailed("no clusterDecisionResources found")
    found: list[Params] = []
    for decision in _decisions(resources, config.get("statusListKey") or "clusters"):
        chosen = decision.get(config.get("matchKey") or "")
        cluster = shown(chosen) if chosen is not None else ""
        if cluster in servers and cluster:
            params: Params = {"name": cluster, "server": servers[cluster], **{key: shown(v) for key, v in decision.items()}}
            found.append(_as_written(spec.get("values") or {}, params, templates))
    return found


def _decisions(resources: list[Tree], key: str) -> list[Tree]:
    return [one for resource in resources for one in ((resource.get("status") or {}).get(key) or []) if isinstance(one, dict)]


def _as_written(values: Tree, params: Params, templates: Templates) -> Params:
    if templates.is_go:
        return {**params, "values": dict(values)} if values else params
    return {**params, **{f"values.{key}": value for key, value in values.items()}}


def pull_requests(spec: Tree, templates: Templates, project: str) -> Asking:
    """Return one set of parameters for each pull request."""
    try:
        pulls = yield asks.PullRequests(spec)
    except RepositoryMissing as error:
        if not spec.get("continueOnRepoNotFoundError"):
            raise GeneratorFailed(f"error listing repos: {error.message}", fix=error.fix) from None
        pulls = []
    except GeneratorFailed as error:
        raise GeneratorFailed(f"error listing repos: {error.message}", fix=error.fix) from None
    found: list[Params] = []
    for pull in pulls:
        sha, branch, target = str(pull.get("headSHA", "")), str(pull.get("branch", "")), str(pull.get("targetBranch", ""))
        params: Params = {
            "number": str(pull.get("number", "")), "title": str(pull.get("title", "")), "branch": branch,
            "branch_slug": branch_slug(branch), "target_branch": target, "target_branch_slug": branch_slug(target),
            "head_sha": sha, "head_short_sha": sha[:8], "head_short_sha_7": sha[:7], "author": str(pull.get("author", "")),
        }  # fmt: skip
        if templates.is_go:
            params["labels"] = pull.get("labels") or []
        found.append(templates.with_values(spec.get("values"), params))
    return found


def scm_repositories(spec: Tree, templates: Templates, project: str) -> Asking:
    """Return one set of parameters for each repository of an organisation."""
    try:
        repositories = yield asks.Repositories(spec)
    except GeneratorFailed as error:
        raise GeneratorFailed(f"error listing repos: {error.message}", fix=error.fix) from None
    found: list[Params] = []
    for one in repositories:
        sha, branch = str(one.get("sha", "")), str(one.get("branch", ""))
        params: Params = {
            "organization": one.get("organization", ""), "repository": one.get("repository", ""),
            "repository_id": one.get("repositoryId"), "url": one.get("url", ""), "branch": branch,
            "branchNormalized": sanitize_name(branch), "sha": sha, "short_sha": sha[:8], "short_sha_7": sha[:7],
            "labels": ",".join(one.get("labels") or []),
        }  # fmt: skip
        found.append(templates.with_values(spec.get("values"), params))
    return found


def plugin(spec: Tree, templates: Templates, project: str) -> Asking:
    """Return what a plugin answers."""
    given = (spec.get("input") or {}).get("parameters") or {}
    outputs = yield asks.PluginOutput(str((spec.get("configMapRef") or {}).get("name", "")), given)
    found: list[Params] = []
    for output in outputs:
        params: Params = {**(output if templates.is_go else flat(output)), "generator": {"input": {"parameters": given}}}
        found.append(templates.with_values(spec.get("values"), params))
    return found


SIMPLE: dict[str, Simple] = {
    "list": list_elements, "clusters": clusters, "git": git, "scmProvider": scm_repositories,
    "clusterDecisionResource": decisions, "pullRequest": pull_requests, "plugin": plugin,
}  # fmt: skip
"""The generators by their name in the spec."""
