"""Which Applications are looked at again when something else changed: an object of theirs, their project, one they depend on."""

from __future__ import annotations

from collections.abc import Callable

from pilothouse.api.meta import Tree, name_of, namespace_of
from pilothouse.delivery.gitops.engine.dependencies import dependencies_of, key_of
from pilothouse.delivery.gitops.types import GROUP
from pilothouse.delivery.gitops.types.tracking import Tracking
from pilothouse.sdk.informer import Change, Informer
from pilothouse.sdk.reconcile import Request

_BY_NAME, _BY_DEPENDENCY, _BY_REPOSITORY = "gitops-name", "gitops-depends-on", "gitops-repository"


class Wakes:
    """Puts Applications into the queue."""

    def __init__(self, apps: Informer, enqueue: Callable[[Request], None], tracking: Tracking) -> None:
        """Look Applications up in the cache of `apps`."""
        self._apps, self._enqueue, self._tracking = apps, enqueue, tracking
        self.on_news: list[Callable[[str], None]] = []
        """Told the URL of every repository that has news."""
        apps.cache.add_index(_BY_NAME, lambda tree: [tracking.instance(namespace_of(tree), name_of(tree))])
        apps.cache.add_index(_BY_DEPENDENCY, _dependencies)
        apps.cache.add_index(_BY_REPOSITORY, _repositories)

    def everyone(self) -> None:
        """Look at every Application."""
        for key in self._apps.cache.keys():  # noqa: SIM118 - a Cache is no mapping
            self._enqueue(Request(key.namespace, key.name))

    def owner(self, app_name: str) -> None:
        """Look at the Application of a name, whose object changed."""
        for key in self._apps.cache.keys_by_index(_BY_NAME, app_name):
            self._enqueue(Request(key.namespace, key.name))

    def owners(self, tree: Tree) -> list[Request]:
        """Look at the Application an object is tracked by, or that it is; returns which it is."""
        own = tree.get("kind") == "Application" and str(tree.get("apiVersion")).startswith(f"{GROUP}/")
        keys = self._apps.cache.keys_by_index(_BY_NAME, self._tracking.owner(tree))
        found = [Request(namespace_of(tree), name_of(tree))] if own else []
        found += [Request(key.namespace, key.name) for key in keys]
        for request in found:
            self._enqueue(request)
        return found

    def users(self, url: str) -> None:
        """Look at the Applications of a repository that has news."""
        for key in self._apps.cache.keys_by_index(_BY_REPOSITORY, url):
            self._enqueue(Request(key.namespace, key.name))
        for tell in self.on_news:
            tell(url)

    def members(self, project: Tree) -> list[Request]:
        """Return the Applications of a project."""
        name = name_of(project)
        trees = (tree for tree in self._apps.cache.list() if ((tree.get("spec") or {}).get("project") or "default") == name)
        return [Request(namespace_of(tree), name_of(tree)) for tree in trees]

    def dependents(self, change: Change) -> None:
        """Look at the Applications that depend on a changed one."""
        for key in self._apps.cache.keys_by_index(_BY_DEPENDENCY, f"{change.key.namespace}/{change.key.name}"):
            self._enqueue(Request(key.namespace, key.name))


def _repositories(tree: Tree) -> list[str]:
    spec = tree.get("spec") or {}
    sources = [spec.get("source") or {}, *(spec.get("sources") or [])]
    return list({str(source["repoURL"]) for source in sources if source.get("repoURL")})


def _dependencies(tree: Tree) -> list[str]:
    return ["/".join(key_of(entry, namespace_of(tree))) for entry in dependencies_of(tree)]
