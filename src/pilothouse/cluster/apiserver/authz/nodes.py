"""The node authorizer: what a node agent may do as `system:node:<name>` in `system:nodes`.

Objects are read only when a Pod on that node uses them; of Nodes, Leases and CSINodes only its own. Everything else is as the
role `system:node` of the bootstrap policy says. What an authorizer cannot see (the object written) is checked by the admission
stage NodeRestriction. Source: the Node authorizer of the reference server, selectors included (AuthorizeNodeWithSelectors).
"""

from __future__ import annotations

from collections.abc import Callable

from pilothouse.cluster.apiserver.authz.graph import NodeGraph
from pilothouse.cluster.apiserver.authz.policy import bootstrap_policy
from pilothouse.cluster.apiserver.authz.rbac import Rule, compile_rule
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Attributes, User

GROUP = "system:nodes"
PREFIX = "system:node:"
LEASES = "kube-node-lease"
_READS = frozenset(("get", "list", "watch"))
_CHANGES = frozenset(("update", "patch"))
_OWN = frozenset(("get", "create", "update", "patch", "delete"))


def node_of(user: User) -> str | None:
    """Return the node a user is, None when it is no node; empty for one that does not say which."""
    return user.name.removeprefix(PREFIX) if GROUP in user.groups and user.name.startswith(PREFIX) else None


class Nodes:
    """Decides for nodes; has no opinion about anybody else."""

    def __init__(self, backend: Backend) -> None:
        """Keep the graph from the cache of `backend`."""
        self.graph = NodeGraph(backend)
        self._rules: list[Rule] | None = None
        self._special: dict[tuple[str, str], Callable[[str, Attributes], bool]] = {
            ("", "secrets"): self._reads, ("", "configmaps"): self._reads,
            ("", "persistentvolumeclaims"): self._claims, ("", "persistentvolumes"): self._gets,
            ("resource.k8s.io", "resourceclaims"): self._gets, ("storage.k8s.io", "volumeattachments"): self._gets,
            ("", "serviceaccounts"): self._tokens, ("coordination.k8s.io", "leases"): self._leases,
            ("storage.k8s.io", "csinodes"): self._csi_nodes, ("resource.k8s.io", "resourceslices"): self._slices,
            ("", "nodes"): self._nodes, ("", "pods"): self._pods,
        }  # fmt: skip

    def allows(self, user: User, wanted: Attributes) -> bool:
        """Whether the user is a node that may do this."""
        node = node_of(user)
        if not node:
            return False
        special = self._special.get((wanted.group, wanted.resource)) if wanted.is_resource else None
        if special is not None:
            return special(node, wanted)
        if self._rules is None:
            role = next(obj for obj in bootstrap_policy() if obj["metadata"]["name"] == "system:node" and "rules" in obj)
            self._rules = [compile_rule(rule) for rule in role["rules"]]
        return any(rule.allows(wanted) for rule in self._rules)

    def _is_related(self, node: str, wanted: Attributes) -> bool:
        return bool(wanted.name) and self.graph.reaches(node, wanted.resource, wanted.namespace, wanted.name)

    def _reads(self, node: str, wanted: Attributes) -> bool:
        may = wanted.verb in _READS and not wanted.subresource and bool(wanted.namespace)
        return may and self._is_related(node, wanted)

    def _gets(self, node: str, wanted: Attributes) -> bool:
        return wanted.verb == "get" and not wanted.subresource and self._is_related(node, wanted)

    def _claims(self, node: str, wanted: Attributes) -> bool:
        if wanted.subresource == "status":
            return wanted.verb in _CHANGES and self._is_related(node, wanted)
        return self._gets(node, wanted)

    def _tokens(self, node: str, wanted: Attributes) -> bool:
        return wanted.verb == "create" and wanted.subresource == "token" and self._is_related(node, wanted)

    def _leases(self, node: str, wanted: Attributes) -> bool:
        if wanted.verb not in _OWN or wanted.namespace != LEASES:
            return False
        return wanted.verb == "create" or wanted.name == node

    def _csi_nodes(self, node: str, wanted: Attributes) -> bool:
        if wanted.verb not in _OWN or wanted.subresource:
            return False
        return wanted.verb == "create" or wanted.name == node

    def _slices(self, node: str, wanted: Attributes) -> bool:
        if wanted.subresource:
            return False
        if wanted.verb in ("list", "watch", "deletecollection"):
            return wanted.node_name == node
        if wanted.verb == "create":
            return True
        return wanted.verb in _OWN and self._is_related(node, wanted)

    def _nodes(self, node: str, wanted: Attributes) -> bool:
        if wanted.subresource:
            return wanted.subresource == "status" and wanted.verb in _CHANGES
        if wanted.verb in _READS:
            return wanted.name == node
        return wanted.verb == "create" or wanted.verb in _CHANGES

    def _pods(self, node: str, wanted: Attributes) -> bool:
        if wanted.subresource == "status":
            return wanted.verb in _CHANGES
        if wanted.subresource:
            return wanted.subresource == "eviction" and wanted.verb == "create"
        if wanted.verb in ("list", "watch") and wanted.node_name == node:
            return True
        if wanted.verb in _READS:
            return self._is_related(node, wanted)
        return wanted.verb in ("create", "delete")
