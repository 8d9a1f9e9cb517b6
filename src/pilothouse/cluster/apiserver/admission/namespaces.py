"""NamespaceLifecycle: nothing is created in a namespace that is missing or going away; some namespaces stay for ever."""

from __future__ import annotations

from pilothouse.cluster.apiserver.admission.chain import Stage
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import StatusError, forbidden, names

IMMORTAL = frozenset(("default", "kube-system", "kube-public"))


class NamespaceLifecycle(Stage):
    """The admission stage."""

    def __init__(self, backend: Backend) -> None:
        """Look namespaces up in the cache."""
        self.backend = backend

    async def mutate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Refuse content for namespaces that cannot take it."""
        if call.verb == "delete" and call.resource.kind == "Namespace" and call.name in IMMORTAL:
            raise forbidden(call.resource, call.name, "this namespace may not be deleted")
        if old is not None or call.verb == "delete" or not call.resource.namespaced or call.subresource is not None:
            return
        namespace = self.backend.look("", "namespaces", "", call.namespace)
        if namespace is None:
            await self.backend.cache.current()
            namespace = self.backend.look("", "namespaces", "", call.namespace)
        if namespace is None:
            text = f'namespaces "{call.namespace}" not found'
            raise StatusError(404, "NotFound", text, names(call.namespace, "", "namespaces"))
        if namespace["metadata"].get("deletionTimestamp") and call.resource.kind != "LocalSubjectAccessReview":
            why = f"unable to create new content in namespace {call.namespace} because it is being terminated"
            cause = {
                "reason": "NamespaceTerminating", "message": f"namespace {call.namespace} is being terminated",
                "field": "metadata.namespace",
            }  # fmt: skip
            raise forbidden(call.resource, obj["metadata"].get("name", ""), why, [cause])
