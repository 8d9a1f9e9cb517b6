"""When an ApplicationSet is looked at again, and which announcements of forges are about it. Pure.

Repositories of Git are watched for all who use them, so their news come in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pilothouse.api.meta import Tree, annotations_of
from pilothouse.delivery.gitops.engine.applicationsets import asks
from pilothouse.delivery.gitops.engine.applicationsets.asks import Ask
from pilothouse.delivery.gitops.engine.sources.urls import same_repository
from pilothouse.delivery.gitops.engine.webhooks.matching import is_followed
from pilothouse.delivery.gitops.engine.webhooks.payloads import Push

REFRESH = "argocd.argoproj.io/application-set-refresh"
GIT_S, REMOTE_S = 180.0, 1800.0
AFTER_FAILURE_S, AFTER_REFUSAL_S = 180.0, 10.0
"""When to try again after generating failed, and after the API server refused a write."""
_DEFAULTS = {
    "git": GIT_S, "clusterDecisionResource": GIT_S, "scmProvider": REMOTE_S, "pullRequest": REMOTE_S, "plugin": REMOTE_S,
}  # fmt: skip
_ASKED_BY = {
    asks.Directories: "git", asks.Files: "git", asks.Decisions: "clusterDecisionResource", asks.Repositories: "scmProvider",
    asks.PullRequests: "pullRequest", asks.PluginOutput: "plugin",
}  # fmt: skip


def kinds_of(generators: Any) -> Iterator[tuple[str, Tree]]:
    """Yield the name and spec of all generators, those within others too."""
    for generator in generators or ():
        for name, spec in generator.items() if isinstance(generator, Mapping) else ():
            if isinstance(spec, Mapping):
                yield name, dict(spec)
                if name in ("matrix", "merge"):
                    yield from kinds_of(spec.get("generators"))


def interval_s(name: str, spec: Tree) -> float | None:
    """Return the seconds between two looks of a generator, None when it is told of every change."""
    given = spec.get("requeueAfterSeconds")
    if isinstance(given, (int, float)) and given > 0:
        return float(given)
    return _DEFAULTS.get(name)


def requeue_s(tree: Tree) -> float | None:
    """Return the seconds until an ApplicationSet is looked at again, None when nothing has to be asked."""
    found = [interval_s(name, spec) for name, spec in kinds_of((tree.get("spec") or {}).get("generators"))]
    return min((seconds for seconds in found if seconds is not None), default=None)


def max_age_s(tree: Tree, ask: Ask) -> float:
    """Return how many seconds old the answer to an ask may be; 0 when somebody asked for a refresh."""
    if REFRESH in annotations_of(tree):
        return 0.0
    wanted = _ASKED_BY.get(type(ask), "")
    generators = kinds_of((tree.get("spec") or {}).get("generators"))
    found = [interval_s(name, spec) for name, spec in generators if name == wanted]
    return min((seconds for seconds in found if seconds is not None), default=GIT_S) * 0.9


def is_affected(push: Push, asked: Iterable[Ask]) -> bool:
    """Whether a push is about a repository whose directories or files were asked for."""
    for ask in asked:
        if not isinstance(ask, (asks.Directories, asks.Files)) or not is_followed(push, ask.revision):
            continue
        if any(same_repository(url, ask.repo_url) for url in push.urls):
            return True
    return False


def reads(url: str, asked: Iterable[Ask]) -> bool:
    """Whether a repository was asked for."""
    return any(isinstance(ask, (asks.Directories, asks.Files)) and ask.repo_url == url for ask in asked)
