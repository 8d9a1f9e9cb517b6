"""What clients do to Pods beside writing them: binding to a node, eviction, reading logs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from pilothouse.api.findings import FieldError, invalid
from pilothouse.api.meta import with_condition
from pilothouse.api.selectors import label_selector_from_object
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import StatusError, bad_request, names, not_found
from pilothouse.cluster.apiserver.errors import invalid as invalid_status
from pilothouse.cluster.apiserver.http.respond import answer_tree
from pilothouse.cluster.apiserver.registry.codec import read_tree
from pilothouse.cluster.apiserver.registry.deletes import DeleteOptions, Deleter, checked_options
from pilothouse.cluster.apiserver.registry.options import parse_bool, write_options
from pilothouse.cluster.apiserver.registry.writes import Writer
from pilothouse.cluster.apiserver.watchcache.items import Item
from pilothouse.wire.http.messages import Response

SUCCESS = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
DRAIN_RETRY_S = 10


def _binding_conflict(name: str, why: str) -> StatusError:
    text = f'Operation cannot be fulfilled on pods/binding "{name}": {why}'
    return StatusError(409, "Conflict", text, names(name, "", "pods/binding"))


async def bind(writer: Writer, call: Call) -> Response:
    """Answer a Binding: assign the Pod to a node, once."""
    write_options(call, "CreateOptions")
    body = read_tree(call, "Binding").value
    meta = body.get("metadata") or {}
    call.name = call.name or meta.get("name", "")
    node = (body.get("target") or {}).get("name")
    if not node:
        raise StatusError(500, "", "target.name: Required value")
    now = writer.backend.now()

    def make(pod: Obj) -> Obj:
        spec = pod["spec"]
        if pod["metadata"].get("deletionTimestamp"):
            raise _binding_conflict(call.name, f"pod {call.name} is being deleted, cannot be assigned to a host")
        if spec.get("nodeName"):
            why = f'pod {call.name} is already assigned to node "{spec["nodeName"]}"'
            raise _binding_conflict(call.name, why)
        if spec.get("schedulingGates"):
            raise _binding_conflict(call.name, f"pod {call.name} has non-empty .spec.schedulingGates")
        if meta.get("uid") and meta["uid"] != pod["metadata"]["uid"]:
            raise _binding_conflict(call.name, "the UID in the binding does not match the UID of the Pod")
        return _bound_pod(pod, node, meta, now)

    await writer.replace(call, make)
    return answer_tree(SUCCESS, 201)


def _bound_pod(pod: Obj, node: str, binding_meta: Obj, now: str) -> Obj:
    """Return the Pod on its node, with the labels and annotations the binding carries."""
    meta, status = dict(pod["metadata"]), dict(pod.get("status") or {})
    for field in ("annotations", "labels"):
        if binding_meta.get(field):
            meta[field] = {**(meta.get(field) or {}), **binding_meta[field]}
    condition: Obj = {"type": "PodScheduled", "status": "True"}
    if meta.get("generation"):
        condition["observedGeneration"] = meta["generation"]
    status["conditions"] = with_condition(status.get("conditions"), condition, now)
    return {**pod, "metadata": meta, "spec": {**pod["spec"], "nodeName": node}, "status": status}


async def evict(writer: Writer, deleter: Deleter, call: Call) -> Response:
    """Answer an Eviction: delete the Pod if its disruption budget allows it."""
    body = read_tree(call, "Eviction").value
    stated = (body.get("metadata") or {}).get("name")
    if stated and stated != call.name:
        raise bad_request("name in URL does not match name in Eviction object")
    backend = writer.backend
    pod = backend.look("", "pods", call.namespace, call.name)
    if pod is None:
        raise not_found(call.resource, call.name)
    options = checked_options(call, body.get("deleteOptions") or {})
    call.dry_run = options.dry_run
    phase = (pod.get("status") or {}).get("phase")
    if phase not in {"Pending", "Succeeded", "Failed"} and not pod["metadata"].get("deletionTimestamp"):
        await _use_budget(writer, call, pod)
    call.verb, call.subresource = "delete", None
    if options.grace_s is None and not options.uid:
        options = DeleteOptions(dry_run=options.dry_run, policy=options.policy)
    await deleter.remove(call, options)
    return answer_tree(SUCCESS, 201)


async def _use_budget(writer: Writer, call: Call, pod: Obj) -> None:
    """Count the eviction against the one budget that selects the Pod; raises 429 when it is used up."""
    budgets = [
        item
        for item in writer.backend.all_of("policy", "poddisruptionbudgets", call.namespace)
        if label_selector_from_object(item.object["spec"].get("selector")).matches(pod["metadata"].get("labels"))
    ]
    if not budgets:
        return
    if len(budgets) > 1:
        text = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
        raise StatusError(500, "", text)
    await _decrement(writer, call, budgets[0])


async def _decrement(writer: Writer, call: Call, budget: Item) -> None:
    backend = writer.backend
    resource = backend.scheme.resource("policy", "v1", "poddisruptionbudgets")
    assert resource is not None
    inner = Call(call.request, call.user, "update", resource, call.namespace, budget.name, resource.subresources["status"])
    inner.dry_run, inner.manager = call.dry_run, "kube-apiserver"

    def make(tree: Obj) -> Obj:
        status = tree.get("status") or {}
        allowed = int(status.get("disruptionsAllowed") or 0)
        if allowed <= 0 or status.get("observedGeneration", 0) < tree["metadata"].get("generation", 0):
            raise _budget_refusal(tree, status)
        disrupted = {**(status.get("disruptedPods") or {}), call.name: backend.now()}
        return {**tree, "status": {**status, "disruptionsAllowed": allowed - 1, "disruptedPods": disrupted}}

    await writer.replace(inner, make)


def _budget_refusal(budget: Obj, status: Obj) -> StatusError:
    name = budget["metadata"]["name"]
    message = f"The disruption budget {name} needs {status.get('desiredHealthy', 0)} healthy pods and has "
    message += f"{status.get('currentHealthy', 0)} currently"
    details: dict[str, Any] = {"causes": [{"reason": "DisruptionBudget", "message": message}]}
    details["retryAfterSeconds"] = DRAIN_RETRY_S
    return StatusError(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", details)


_NUMBERS = {"tailLines": 0, "limitBytes": 1, "sinceSeconds": 1}
_FLAGS = ("follow", "previous", "timestamps")


def log_options(call: Call) -> dict[str, str]:
    """Return the checked options of a log request; raises 400 or 422."""
    options: dict[str, str] = {}
    findings: list[FieldError] = []
    for name, least in _NUMBERS.items():
        text = call.params.get(name, "")
        if not text:
            continue
        if not text.lstrip("-").isdigit():
            raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
        if int(text) < least:
            bound = "greater than 0" if least else "must be greater than or equal to 0"
            findings.append(invalid(name, int(text), bound))
        options[name] = text
    if findings:
        raise invalid_status("PodLogOptions", "", call.name, findings)
    options |= {name: "true" for name in _FLAGS if parse_bool(call.params.get(name))}
    if call.params.get("sinceTime"):
        options["sinceTime"] = call.params["sinceTime"]
    return options


async def logs(writer: Writer, call: Call) -> Response:
    """Answer a log request through the node agent; 204 while the Pod has no node."""
    pod = writer.backend.look("", "pods", call.namespace, call.name)
    if pod is None:
        raise not_found(call.resource, call.name)
    options = log_options(call)
    container = _container(pod, call.params.get("container", ""))
    if not pod["spec"].get("nodeName"):
        return Response(204, b"")
    proxy = writer.backend.node_proxy
    if proxy is None:
        raise StatusError(503, "ServiceUnavailable", f"no node agent serves the logs of pod {call.name}")
    chunks = await proxy.logs(call.namespace, call.name, container, options)
    if call.request.is_streaming:
        return Response(200, chunks, content_type="text/plain")
    return Response(200, await _joined(chunks), content_type="text/plain")


async def _joined(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


def _container(pod: Obj, wanted: str) -> str:
    spec, name = pod["spec"], pod["metadata"]["name"]
    every = [entry["name"] for entry in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ()))]
    if wanted:
        if wanted not in every:
            raise bad_request(f"container {wanted} is not valid for pod {name}")
        return wanted
    main = [entry["name"] for entry in spec.get("containers") or ()]
    default = (pod["metadata"].get("annotations") or {}).get("kubectl.kubernetes.io/default-container", "")
    if default in every:
        return str(default)
    if len(main) > 1:
        raise bad_request(f"a container name must be specified for pod {name}, choose one of: [{' '.join(every)}]")
    return str(main[0])
