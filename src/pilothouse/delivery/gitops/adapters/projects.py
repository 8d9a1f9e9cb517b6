"""AppProjects of the cluster, as the controller asks them."""

from __future__ import annotations

from collections.abc import Callable

from pilothouse.api.meta import Tree, group_of, name_of, namespace_of
from pilothouse.delivery.gitops.engine.projects import (
    Target,
    can_sync,
    is_destination_permitted,
    is_resource_permitted,
    is_source_namespace_permitted,
    is_source_permitted,
    matching_windows,
    project_problems,
)
from pilothouse.delivery.gitops.types import GROUP, VERSION, App
from pilothouse.kit.errors import PilothouseError
from pilothouse.sdk.kinds import Kind
from pilothouse.sdk.manager import Manager

PROJECT = Kind(f"{GROUP}/{VERSION}", "AppProject", "appprojects")
_ANYTHING: Tree = {
    "sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}], "sourceNamespaces": ["*"],
    "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
}  # fmt: skip
"""The project `default` where nobody wrote one, as Argo CD installs it."""


class Projects:
    """The AppProjects that Applications belong to."""

    def __init__(
        self, manager: Manager, namespace: str, place_of: Callable[[App], tuple[str, str]],
        cluster_project_of: Callable[[App], str] = lambda _app: "",
    ) -> None:  # fmt: skip
        """Projects are in `namespace`, or in that of each Application; `place_of` gives URL and name of a destination.

        `cluster_project_of` gives the project that its cluster belongs to.
        """
        self._place_of, self._cluster_project_of = place_of, cluster_project_of
        self.informer = manager.informer(PROJECT)
        self._namespace = namespace

    def spec_of(self, app: App) -> Tree | None:
        """Return the spec of an Application's project, None when it does not exist."""
        tree = self.informer.cache.get(app.project, self._namespace or app.namespace)
        if tree is None:
            return _ANYTHING if app.project == "default" else None
        spec: Tree = tree.get("spec") or {}
        return spec

    def problems(self, app: App) -> list[str]:
        """Return everything that the project forbids about an Application."""
        spec = self.spec_of(app)
        if spec is None:
            return [f"Application referencing project {app.project} which does not exist"]
        found = [f"project {app.project} is not valid: {problem}" for problem in project_problems(app.project, spec)]
        if spec.get("signatureKeys"):
            found.append(f"project {app.project} asks for signed commits (signatureKeys), which this version cannot check")
        home = self._namespace or app.namespace
        if not is_source_namespace_permitted(spec.get("sourceNamespaces") or [], app.namespace, home):
            found.append(
                f"application '{app.name}' in namespace '{app.namespace}' is not permitted to use project '{app.project}'"
            )
        for source in app.sources or (app.source,):
            if not is_source_permitted(spec.get("sourceRepos") or [], source.repo_url):
                found.append(f"application repo {source.repo_url} is not permitted in project '{app.project}'")
        if not self._is_place_permitted(spec, app, app.destination_namespace):
            found.append(
                f"application destination server '{app.server or app.cluster}' and namespace '{app.destination_namespace}' "
                f"do not match any of the allowed destinations in project '{app.project}'"
            )
        if spec.get("permitOnlyProjectScopedClusters") and self._cluster_project_of(app) != app.project:
            found.append(
                f"application destination '{app.server or app.cluster}' is no cluster of project '{app.project}', "
                "which permits only its own"
            )
        return found

    def _is_place_permitted(self, spec: Tree, app: App, namespace: str) -> bool:
        server, cluster = self._place_of(app)
        return is_destination_permitted(spec.get("destinations") or [], server=server, cluster=cluster, namespace=namespace)

    def refusal(self, app: App, tree: Tree, is_namespaced: bool) -> str:
        """Return why an object may not be synced, empty when it may."""
        spec = self.spec_of(app) or {}
        group, kind = group_of(str(tree["apiVersion"])), str(tree["kind"])
        if not is_resource_permitted(spec, group, kind, name_of(tree), is_namespaced=is_namespaced):
            return f"resource {group}:{kind} is not permitted in project {app.project}"
        namespace = namespace_of(tree)
        if is_namespaced and namespace and not self._is_place_permitted(spec, app, namespace):
            return f"namespace {namespace} is not permitted in project '{app.project}'"
        return ""

    def is_open(self, app: App, now: float, *, is_manual: bool, started_at: float | None) -> bool:
        """Whether the sync windows let a sync run now; a window that cannot be read lets none."""
        spec = self.spec_of(app) or {}
        target = Target(app.name, app.destination_namespace, *self._place_of(app))
        windows = matching_windows(spec.get("syncWindows") or [], target)
        try:
            return can_sync(windows, now, is_manual=is_manual, started_at=started_at)
        except PilothouseError:
            return False

    def orphan_rules(self, app: App) -> Tree | None:
        """Return spec.orphanedResources, None when the project does not ask about them."""
        found: Tree | None = (self.spec_of(app) or {}).get("orphanedResources")
        return found
