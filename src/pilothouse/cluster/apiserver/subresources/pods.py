"""What is done to Pods below their path: binding, eviction, token requests, logs, streams to nodes."""

from __future__ import annotations

from collections.abc import AsyncIterator

from pilothouse.api.findings import FieldError, invalid, required, unsupported
from pilothouse.api.schema.decode import decode
from pilothouse.api.selectors import label_selector_from_object
from pilothouse.cluster.apiserver.authn.tokens import Tokens
from pilothouse.cluster.apiserver.authz.access import Access
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import StatusError, bad_request, names, not_found
from pilothouse.cluster.apiserver.errors import invalid as invalid_status
from pilothouse.cluster.apiserver.http.respond import answer_tree
from pilothouse.cluster.apiserver.registry.codec import cannot_handle, check_type, read_tree, served_tree, stored_bytes
from pilothouse.cluster.apiserver.registry.deletes import DeleteOptions, Deleter, checked_options
from pilothouse.cluster.apiserver.registry.options import parse_bool, write_options
from pilothouse.cluster.apiserver.registry.writes import Writer
from pilothouse.kit.clock import rfc3339
from pilothouse.kit.errors import PilothouseError
from pilothouse.wire.http.messages import Response

CREATED = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
MIN_TOKEN_S, MAX_TOKEN_S = 600, 1 << 32


class PodOperations:
    """Answers the subresources of Pods and ServiceAccounts that are not views of the object."""

    def __init__(self, writer: Writer, deleter: Deleter, access: Access) -> None:
        """Answer through the given parts."""
        self.writer, self.deleter, self.backend = writer, deleter, writer.backend
        self.tokens: Tokens = access.tokens

    def _body(self, call: Call) -> Obj:
        sub = call.subresource
        assert sub is not None and sub.schema is not None
        tree = read_tree(call, sub.kind).value
        check_type(tree, sub.kind, f"{sub.group}/{sub.version}" if sub.group else sub.version)
        try:
            result: Obj = decode(sub.schema, tree)[0]
        except PilothouseError as error:
            raise cannot_handle(sub.kind, sub.version, error.message) from None
        return result

    def _pod(self, call: Call) -> Obj:
        item = self.backend.find("", "pods", call.namespace, call.name)
        if item is None:
            raise not_found(call.resource, call.name)
        return item.object

    async def binding(self, call: Call) -> Response:
        """Put a Pod on a node."""
        write_options(call, "CreateOptions")
        body = self._body(call)
        name = body["metadata"].get("name", "")
        if call.subresource is not None and name and name != call.name:
            raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({call.name})")
        return await self.bind(call, body)

    async def bind(self, call: Call, body: Obj) -> Response:
        """Assign the node a Binding names."""
        target = body.get("target") or {}
        findings: list[FieldError] = []
        if target.get("kind") not in (None, "", "Node", "Minion"):
            findings.append(unsupported("target.kind", target["kind"], ("Node", "<empty>")))
        if not target.get("name"):
            findings.append(required("target.name"))
        if findings:
            raise StatusError(500, "", "; ".join(f"{finding.path}: {finding.text()}" for finding in findings))

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
        body = self._body(call)
        name = body["metadata"].get("name", "")
        if name and name != call.name:
            raise bad_request("name in URL does not match name in Eviction object")
        options = checked_options(call, body.get("deleteOptions") or {})
        pod = self._pod(call)
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

    async def token(self, call: Call) -> Response:
        """Make a token for a ServiceAccount."""
        write_options(call, "CreateOptions")
        body = self._body(call)
        account = self.backend.look("", "serviceaccounts", call.namespace, call.name)
        if account is None:
            raise not_found(call.resource, call.name)
        spec = body["spec"]
        spec.setdefault("expirationSeconds", 3600)
        spec["audiences"] = spec.get("audiences") or [self.tokens.audience()]
        seconds = spec["expirationSeconds"]
        findings: list[FieldError] = []
        if seconds < MIN_TOKEN_S:
            findings.append(invalid("spec.expirationSeconds", seconds, "may not specify a duration less than 10 minutes"))
        elif seconds > MAX_TOKEN_S:
            findings.append(invalid("spec.expirationSeconds", seconds, "may not specify a duration larger than 2^32 seconds"))
        if findings:
            raise invalid_status("TokenRequest", "authentication.k8s.io", "", findings)
        bound = self._bound(call, spec.get("boundObjectRef"))
        now = int(self.backend.clock.now())
        private: Obj = {
            "namespace": call.namespace,
            "serviceaccount": {"name": call.name, "uid": account["metadata"]["uid"]},
            **bound,
        }
        claims = {
            "aud": spec["audiences"], "exp": now + seconds, "iat": now, "iss": self.backend.config.issuer,
            "jti": self.backend.entropy.uuid(), "kubernetes.io": private, "nbf": now,
            "sub": f"system:serviceaccount:{call.namespace}:{call.name}",
        }  # fmt: skip
        meta = account["metadata"]
        shown = {
            "kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
            "metadata": {"name": call.name, "namespace": call.namespace, "uid": meta["uid"],
            "creationTimestamp": self.backend.now()},
            "spec": {**spec, "boundObjectRef": spec.get("boundObjectRef")},
            "status": {"token": self.tokens.sign(claims), "expirationTimestamp": rfc3339(now + seconds)},
        }  # fmt: skip
        return answer_tree(shown, 201, warnings=call.warnings)

    def _bound(self, call: Call, reference: Obj | None) -> Obj:
        if reference is None:
            return {}
        kind = reference.get("kind", "")
        plural = {"Pod": "pods", "Secret": "secrets", "Node": "nodes"}.get(kind)
        if plural is None or reference.get("apiVersion", "v1") != "v1":
            group, _, version = reference.get("apiVersion", "v1").rpartition("/")
            raise bad_request(f"cannot bind token to object of type {group}/{version}, Kind={kind}")
        name = reference.get("name", "")
        found = self.backend.look("", plural, "" if kind == "Node" else call.namespace, name)
        if found is None:
            raise StatusError(404, "NotFound", f'{plural} "{name}" not found', names(name, "", plural))
        uid = found["metadata"]["uid"]
        if reference.get("uid") and reference["uid"] != uid:
            text = f'Operation cannot be fulfilled on {kind} "{name}": the UID in the bound object reference '
            text += (
                f"({reference['uid']}) does not match the UID in record. The object might have been deleted and then recreated"
            )
            raise StatusError(409, "Conflict", text, names(name, "", kind))
        return {kind.lower(): {"name": name, "uid": uid}}

    async def log(self, call: Call) -> Response:
        """Stream the log of a container."""
        pod = self._pod(call)
        options = dict(call.params)
        self._check_log_options(call, options)
        container = options.get("container", "")
        known = [item.get("name", "") for field in ("initContainers", "containers", "ephemeralContainers")
                 for item in pod["spec"].get(field) or ()]  # fmt: skip
        if not container:
            own = [item.get("name", "") for item in pod["spec"].get("containers") or ()]
            if len(own) > 1:
                shown = f"choose one of: [{' '.join(own)}]"
                raise bad_request(f"a container name must be specified for pod {call.name}, {shown}")
            container = own[0]
        elif container not in known:
            raise bad_request(f"container {container} is not valid for pod {call.name}")
        if not pod["spec"].get("nodeName"):
            return Response(204, b"", [("cache-control", "no-cache, private")], "")
        proxy = self.backend.node_proxy
        if proxy is None:
            raise StatusError(503, "ServiceUnavailable", f"no node agent is connected for node {pod['spec']['nodeName']}")
        chunks: AsyncIterator[bytes] = await proxy.logs(call.namespace, call.name, container, options)
        return Response(200, chunks, [("cache-control", "no-cache, private")], "text/plain")

    def _check_log_options(self, call: Call, options: dict[str, str]) -> None:
        findings: list[FieldError] = []
        for field in ("tailLines", "sinceSeconds", "limitBytes"):
            text = options.get(field)
            if text is None:
                continue
            if not text.lstrip("-").isdigit():
                raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
            if int(text) < (0 if field == "tailLines" else 1):
                problem = "must be greater than or equal to 0" if field == "tailLines" else "must be greater than 0"
                findings.append(invalid(field, int(text), problem))
        options["follow"] = "true" if parse_bool(options.get("follow")) else "false"
        if findings:
            raise invalid_status("PodLogOptions", "", call.name, findings)

    async def connect(self, call: Call) -> Response:
        """Answer a stream to a node, which needs an upgraded connection."""
        if call.resource.kind != "Pod":
            if self.backend.cached(call.resource).items.get(call.resource.key(call.namespace, call.name)) is None:
                raise not_found(call.resource, call.name)
            raise StatusError(503, "ServiceUnavailable", f"no proxy to {call.resource.plural} is configured")
        pod = self._pod(call)
        assert call.subresource is not None
        if call.subresource.name == "proxy":
            raise bad_request("address not allowed")
        if not pod["spec"].get("nodeName"):
            raise bad_request(f"pod {call.name} does not have a host assigned")
        text = f"{call.subresource.name} needs an upgraded connection to a node agent"
        raise StatusError(501, "NotImplemented", text)


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
