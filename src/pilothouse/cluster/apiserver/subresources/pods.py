"""What is done to Pods below their path: binding and eviction."""

from __future__ import annotations

from pilothouse.api.findings import FieldError, required, unsupported
from pilothouse.api.selectors import label_selector_from_object
from pilothouse.cluster.apiserver.admission.identity.nodes import restrict_eviction
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import StatusError, bad_request, names
from pilothouse.cluster.apiserver.http.respond import answer_tree
from pilothouse.cluster.apiserver.registry.codec import served_tree, stored_bytes
from pilothouse.cluster.apiserver.registry.deletes import DeleteOptions, Deleter, checked_options
from pilothouse.cluster.apiserver.registry.options import write_options
from pilothouse.cluster.apiserver.registry.writes import Writer
from pilothouse.cluster.apiserver.subresources.targets import pod_of
from pilothouse.cluster.apiserver.subresources.tokens import typed_body
from pilothouse.wire.http.messages import Response

CREATED = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


class PodOperations:
    """Answers the subresources of Pods and ServiceAccounts that are not views of the object."""

    def __init__(self, writer: Writer, deleter: Deleter) -> None:
        """Answer through the given parts."""
        self.writer, self.deleter, self.backend = writer, deleter, writer.backend

    async def binding(self, call: Call) -> Response:
        """Put a Pod on a node."""
        write_options(call, "CreateOptions")
        body = typed_body(call)
        name = body["metadata"].get("name", "")
        if call.subresource is not None and name and name != call.name:
            raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({call.name})")
        return await self.bind(call, body)

    async def bind(self, call: Call, body: Obj) -> Response:
        """Assign the node a Binding names."""
        target = body.get("target") or {}
        findings: list[FieldError] = []
        if target.get("kind") not in (None, "", "Node"):
            findings.append(unsupported("target.kind", target["kind"], ("Node", "<empty>")))
        if not target.get("name"):
            findings.append(required("target.name"))
        if findings:
            texts = [f"{finding.path}: {finding.text()}" for finding in findings]
            raise StatusError(500, "", texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]")

        def make(old: Obj) -> Obj:
            self._check_binding(call, old, body)
            spec, meta = old["spec"], old["metadata"]
            spec["nodeName"] = target["name"]
            for key in ("labels", "annotations"):
                if body["metadata"].get(key):
                    meta.setdefault(key, {}).update(body["metadata"][key])
            status = old.setdefault("status", {})
            now = self.backend.now()
            conditions = [item for item in status.get("conditions") or () if item.get("type") != "PodScheduled"]
            scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": now}
            status["conditions"] = [*conditions, scheduled]
            return old

        await self.writer.replace(call, make, tracked=True)
        return answer_tree(CREATED, 201, warnings=call.warnings)

    def _check_binding(self, call: Call, pod: Obj, body: Obj) -> None:
        def refuse(why: str) -> StatusError:
            text = f'Operation cannot be fulfilled on pods/binding "{call.name}": {why}'
            return StatusError(409, "Conflict", text, names(call.name, "", "pods/binding"))

        uid = body["metadata"].get("uid")
        if uid and uid != pod["metadata"]["uid"]:
            why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {pod['metadata']['uid']}"
            raise refuse(why)
        if pod["metadata"].get("deletionTimestamp"):
            raise refuse(f"pod {call.name} is being deleted, cannot be assigned to a host")
        if pod["spec"].get("nodeName"):
            raise refuse(f'pod {call.name} is already assigned to node "{pod["spec"]["nodeName"]}"')
        if pod["spec"].get("schedulingGates"):
            raise refuse(f"pod {call.name} has non-empty .spec.schedulingGates")

    async def eviction(self, call: Call) -> Response:
        """Delete a Pod unless a disruption budget forbids it."""
        write_options(call, "CreateOptions")
        body = typed_body(call)
        name = body["metadata"].get("name", "")
        if name and name != call.name:
            raise bad_request("name in URL does not match name in Eviction object")
        options = checked_options(call, body.get("deleteOptions") or {})
        restrict_eviction(self.backend, call)
        pod = pod_of(self.backend, call)
        if not _is_free(pod):
            await self._spend_budget(call, pod, dry_run=options.dry_run or call.dry_run)
        call.verb = "delete"
        call.subresource = None
        if call.dry_run and not options.dry_run:
            options = DeleteOptions(options.grace_s, options.uid, options.revision, options.orphan, options.policy, True)
        uid = pod["metadata"]["uid"]
        if options.uid is not None and options.uid != uid:
            why = f"the UID in the precondition ({options.uid}) does not match the UID in record ({uid})."
            why += " The object might have been deleted and then recreated"
            text = f'Operation cannot be fulfilled on Pod "{call.name}": {why}'
            raise StatusError(409, "Conflict", text, {"name": call.name, "kind": "Pod"})
        await self.deleter.remove(call, options)
        return answer_tree(CREATED, 201, warnings=call.warnings)

    async def _spend_budget(self, call: Call, pod: Obj, *, dry_run: bool) -> None:
        labels = pod["metadata"].get("labels") or {}
        budgets = [
            item for item in self.backend.all_of("policy", "poddisruptionbudgets", call.namespace)
            if label_selector_from_object((item.object.get("spec") or {}).get("selector") or {}).matches(labels)
        ]  # fmt: skip
        if len(budgets) > 1:
            text = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
            raise StatusError(500, "", text)
        for item in budgets:
            if pod["spec"].get("nodeName") and not _is_ready(pod) and _lets_unhealthy_go(item.object):
                continue
            await self._spend(call, item.name, dry_run=dry_run)

    async def _spend(self, call: Call, name: str, *, dry_run: bool) -> None:
        resource = self.backend.scheme.resource("policy", "v1", "poddisruptionbudgets")
        assert resource is not None
        item = self.backend.find("policy", "poddisruptionbudgets", call.namespace, name)
        if item is None:
            return
        tree = served_tree(resource, item)
        status = tree.get("status") or {}
        if status.get("observedGeneration", 0) < tree["metadata"].get("generation", 0):
            raise _too_many(name, f"The disruption budget {name} is still being processed by the server.", 10)
        if status.get("disruptionsAllowed", 0) <= 0:
            needs = f"The disruption budget {name} needs {status.get('desiredHealthy', 0)} healthy pods and has "
            raise _too_many(name, f"{needs}{status.get('currentHealthy', 0)} currently", 0)
        if dry_run:
            return
        status["disruptionsAllowed"] -= 1
        status.setdefault("disruptedPods", {})[call.name] = self.backend.now()
        await self.backend.write(item.key, item.revision, stored_bytes(resource, tree))


def _is_free(pod: Obj) -> bool:
    phase = (pod.get("status") or {}).get("phase")
    return phase in ("Succeeded", "Failed", "Pending") or bool(pod["metadata"].get("deletionTimestamp"))


def _is_ready(pod: Obj) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(item.get("type") == "Ready" and item.get("status") == "True" for item in conditions)


def _lets_unhealthy_go(budget: Obj) -> bool:
    spec, status = budget.get("spec") or {}, budget.get("status") or {}
    if spec.get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    healthy: int = status.get("currentHealthy", 0)
    wanted: int = status.get("desiredHealthy", 0)
    return healthy >= wanted > 0


def _too_many(name: str, message: str, seconds: int) -> StatusError:
    details: Obj = {"causes": [{"reason": "DisruptionBudget", "message": message}]}
    if seconds:
        details["retryAfterSeconds"] = seconds
    return StatusError(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", details)
