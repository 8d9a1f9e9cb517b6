"""What keeps a sync from starting or going on: dependencies, sync windows, automation, shared objects."""

from __future__ import annotations

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.adapters.projects import Projects
from pilothouse.delivery.gitops.applications.assessment import Assessment
from pilothouse.delivery.gitops.applications.conditions import INVALID_SPEC, ORPHANED, Problem
from pilothouse.delivery.gitops.applications.operation import Operation
from pilothouse.delivery.gitops.engine.dependencies import cycle, waiting_for
from pilothouse.delivery.gitops.engine.projects.globs import matches
from pilothouse.delivery.gitops.types import App
from pilothouse.sdk.informer import Informer

WINDOW_POLL_S = 15.0
"""Seconds between two looks at a closed sync window."""


class Holds:
    """Asks projects and other Applications."""

    def __init__(self, projects: Projects, apps: Informer) -> None:
        """Look things up in the caches."""
        self._projects, self._apps = projects, apps

    def _other(self, namespace: str, name: str) -> Tree | None:
        return self._apps.cache.get(name, namespace)

    def problems(self, app: App) -> list[Problem]:
        """Return what is wrong with an Application itself, so that it is not even compared."""
        found = [(INVALID_SPEC, text) for text in self._projects.problems(app)]
        circle = cycle((app.namespace, app.name), self._other) if app.spec.get("dependsOn") else []
        if circle:
            found.append((INVALID_SPEC, f"dependsOn is circular: {' -> '.join(circle)}"))
        return found

    def reason(self, app: App, operation: Operation, now: float) -> str:
        """Return what an operation waits for, empty when it may go on; once under way only windows hold it."""
        is_begun = bool(operation.results)
        started = operation.started_at if is_begun else None
        if not self._projects.is_open(app, now, is_manual=not operation.is_automated, started_at=started):
            return "Sync operation blocked by sync window"
        if is_begun or operation.request.dry_run:
            return ""
        return waiting_for(app.tree, app.namespace, self._other)

    def refusal(self, app: App, operation: Operation, assessment: Assessment, resolved: tuple[str, ...]) -> str:
        """Return why an operation must not be carried out at all."""
        wanted = operation.request.revisions
        if wanted and wanted != resolved and app.policy.is_automated and not operation.is_automated:
            return f"Cannot sync to {', '.join(wanted)}: auto-sync currently set to {app.source.target_revision}"
        if operation.request.has("FailOnSharedResource=true") and assessment.shared:
            return f"Shared resource found: {assessment.shared[0]}"
        return ""

    def orphans(self, app: App, strangers: list[Tree]) -> list[Problem]:
        """Return the warning about objects in the namespace that nobody manages."""
        rules = self._projects.orphan_rules(app)
        if rules is None or rules.get("warn", True) is False:
            return []
        ignored = rules.get("ignore") or []
        count = sum(1 for tree in strangers if not any(_is_ignored(tree, rule) for rule in ignored) and not _is_standard(tree))
        return [(ORPHANED, f"Application has {count} orphaned resources")] if count else []


def _is_standard(tree: Tree) -> bool:
    """Whether the platform itself puts the object into every namespace."""
    name = (tree["kind"], tree["metadata"]["name"])
    return name in {("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")} or tree["kind"] == "Event"


def _is_ignored(tree: Tree, rule: Tree) -> bool:
    group = str(tree["apiVersion"]).rpartition("/")[0]
    return (
        matches(str(rule.get("group") or "*"), group)
        and matches(str(rule.get("kind") or "*"), str(tree["kind"]))
        and matches(str(rule.get("name") or "*"), str(tree["metadata"]["name"]))
    )
