"""Unites the rules of the ClusterRoles that an aggregationRule selects."""

from __future__ import annotations

from pilothouse.api.meta import Tree, labels_of, name_of
from pilothouse.api.selectors import label_selector_from_object
from pilothouse.cluster.workloads import MANAGER
from pilothouse.kit.errors import BadRequest
from pilothouse.sdk.kinds import CLUSTER_ROLE
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Request, Result

_ALL = "all"
"""The one key of the queue: a change of any role may concern every role that is made of others."""


class ClusterRoleAggregator:
    """Reconciles ClusterRoles with an aggregationRule."""

    def __init__(self, manager: Manager) -> None:
        """Watch ClusterRoles."""
        self._client = manager.client.named(MANAGER)
        self._roles = manager.informer(CLUSTER_ROLE)
        controller = manager.controller("clusterroleaggregation", self.reconcile)
        controller.watch(self._roles, lambda _tree: [Request("", _ALL)])

    async def reconcile(self, request: Request) -> Result | None:
        """Write the united rules of every role whose rules changed: one look at all roles, however many changed."""
        roles = self._roles.cache.list()
        for role in roles:
            if not role.get("aggregationRule"):
                continue
            rules = united_rules(role, roles)
            if rules != (role.get("rules") or []):
                await self._client.replace(CLUSTER_ROLE, {**role, "rules": rules})
        return None


def united_rules(role: Tree, roles: list[Tree]) -> list[Tree]:
    """Return the rules of all roles that `role` selects, by name of the role, each once."""
    rules: list[Tree] = []
    for selector in role["aggregationRule"].get("clusterRoleSelectors") or ():
        try:
            selects = label_selector_from_object(selector).matches
        except BadRequest:
            continue
        for other in sorted(roles, key=name_of):
            if name_of(other) != name_of(role) and selects(labels_of(other)):
                rules += [rule for rule in other.get("rules") or () if rule not in rules]
    return rules
