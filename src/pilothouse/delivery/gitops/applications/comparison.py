"""What is wanted beside what is there: by the server's dry run where it may be asked, else by managed fields or last-applied.

The one place that decides whether an object differs; the assessment of Applications and `app diff` both ask it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilothouse.api.meta import Tree, annotations_of
from pilothouse.delivery.gitops.adapters.cluster import MANAGER, ClusterObjects
from pilothouse.delivery.gitops.adapters.jq import JqWorker
from pilothouse.delivery.gitops.engine.diff import diff_predicted, normalize, read_rules
from pilothouse.delivery.gitops.engine.diff.classic import diff_classic
from pilothouse.delivery.gitops.engine.diff.ignore import IgnoreRule, trusted_managers
from pilothouse.delivery.gitops.engine.diff.known import known_fields, with_known_types
from pilothouse.delivery.gitops.engine.diff.managers import without_trusted
from pilothouse.delivery.gitops.engine.diff.normal import normal_secret, without_aggregated_rules
from pilothouse.delivery.gitops.engine.diff.outcome import Diff
from pilothouse.delivery.gitops.engine.diff.server import fields_of
from pilothouse.delivery.gitops.engine.diff.structured import diff_structured
from pilothouse.delivery.gitops.types import App
from pilothouse.kit.aio import offload

Overrides = Callable[[], dict[str, dict[str, Any]]]
COMPARE_OPTIONS = "argocd.argoproj.io/compare-options"


def is_computed(target: Tree) -> bool:
    """Whether an object is compared without asking the server."""
    return "ServerSideDiff=false" in annotations_of(target).get(COMPARE_OPTIONS, "")


class Comparer:
    """Compares objects of one cluster."""

    def __init__(self, cluster: ClusterObjects, overrides: Overrides, jq: JqWorker) -> None:
        """`overrides` gives the ignore rules of the whole system, by `group/Kind`."""
        self._cluster, self._overrides, self._jq = cluster, overrides, jq

    def rules_of(self, app: App) -> list[IgnoreRule]:
        """Return what is not compared of an Application's objects."""
        return read_rules(app.spec.get("ignoreDifferences") or [], self._overrides())

    async def compare(self, target: Tree, live: Tree, rules: list[IgnoreRule]) -> Diff:
        """Return how an object differs; raises what the server says to the dry run."""
        predicted = target if is_computed(target) else await self._cluster.predict(target)

        def decide() -> Diff:
            left, right = without_trusted(live, predicted, trusted_managers(target, rules))
            assert left is not None
            assert right is not None
            return self._computed(left, right, live, rules) if is_computed(target) else self._told(left, right, target, rules)

        return await offload(decide) if is_computed(target) or any(rule.expressions for rule in rules) else decide()

    def _told(self, live: Tree, predicted: Tree, target: Tree, rules: list[IgnoreRule]) -> Diff:
        ignores = "IncludeMutationWebhook=true" not in annotations_of(target).get(COMPARE_OPTIONS, "")
        return diff_predicted(live, predicted, MANAGER, lambda tree: self._normal(tree, rules), ignores_mutations=ignores)

    def _computed(self, live: Tree, target: Tree, untouched: Tree, rules: list[IgnoreRule]) -> Diff:
        """Compare by managed fields, or by the last-applied configuration of others."""
        if fields_of(untouched, MANAGER):
            return diff_structured(target, live, MANAGER, lambda tree: self._normal(tree, rules))
        return diff_classic(target, live, lambda tree: self._normal(tree, rules))

    def _normal(self, tree: Tree, rules: list[IgnoreRule]) -> Tree:
        """Return an object without what is not compared."""
        body = without_aggregated_rules(normal_secret(normalize(tree, rules, self._jq.run)))
        known = known_fields(body)
        return with_known_types(body, known) if known else body
