"""The API server: one handler that takes a request through all stages.

routing -> authentication -> authorisation -> discovery or registry. The HTTP edge and the in-process transport call `handle`.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from pilothouse.api.scheme import Resource, Scheme
from pilothouse.cluster.apiserver.admission.dynamic.policies.status import policy_status
from pilothouse.cluster.apiserver.admission.stages import build_admission
from pilothouse.cluster.apiserver.authn.oidc.types import Trust
from pilothouse.cluster.apiserver.authz.access import Access
from pilothouse.cluster.apiserver.backend import Backend, Config, NodeProxy
from pilothouse.cluster.apiserver.bootstrap import bootstrap, flow_control_upkeep
from pilothouse.cluster.apiserver.context import Attributes, Call, User
from pilothouse.cluster.apiserver.crds.controller import CustomResources
from pilothouse.cluster.apiserver.discovery.aggregation import Aggregator
from pilothouse.cluster.apiserver.discovery.documents import OpenApi
from pilothouse.cluster.apiserver.discovery.groups import discover
from pilothouse.cluster.apiserver.discovery.health import about, health, metrics, slis, version
from pilothouse.cluster.apiserver.errors import PlainError, StatusError, no_resource, not_allowed, not_found
from pilothouse.cluster.apiserver.http.bodies import check_size
from pilothouse.cluster.apiserver.http.flowcontrol.dangling import flow_status
from pilothouse.cluster.apiserver.http.flowcontrol.dumps import dump
from pilothouse.cluster.apiserver.http.flowcontrol.fairness import Fairness, Refused
from pilothouse.cluster.apiserver.http.outgoing import Outgoing
from pilothouse.cluster.apiserver.http.paths import Target, parse_path, verb_of
from pilothouse.cluster.apiserver.http.respond import error_answer
from pilothouse.cluster.apiserver.registry import reads
from pilothouse.cluster.apiserver.registry.codec import stored_bytes
from pilothouse.cluster.apiserver.registry.converters import AdmittedObjects, Converters
from pilothouse.cluster.apiserver.registry.deletes import Deleter
from pilothouse.cluster.apiserver.registry.patching.patches import Patcher
from pilothouse.cluster.apiserver.registry.writes import Writer
from pilothouse.cluster.apiserver.subresources.routes import Subresources
from pilothouse.kit.clock import Clock, Entropy, SystemClock
from pilothouse.kit.errors import PilothouseError
from pilothouse.kit.faults import Faults
from pilothouse.kit.metrics import MetricsRegistry
from pilothouse.store.revisions import Store
from pilothouse.wire.http.messages import Request, Response

if TYPE_CHECKING:
    from pilothouse.cluster.apiserver.http.audit.trail import Auditor, Trail

logger = logging.getLogger("pilothouse.apiserver")
MAX_QUERY = 64 * 1024


class ApiServer:
    """A Kubernetes API server over a store."""

    def __init__(
        self,
        store: Store,
        *,
        clock: Clock | None = None,
        entropy: Entropy | None = None,
        metrics: MetricsRegistry | None = None,
        faults: Faults | None = None,
        config: Config | None = None,
        node_proxy: NodeProxy | None = None,
        trust: Trust | None = None,
        auditor: Auditor | None = None,
    ) -> None:
        """Build the stages; `start` makes them ready."""
        self.scheme = Scheme()
        self.backend = Backend(
            store, self.scheme, clock or SystemClock(), entropy or Entropy(), faults or Faults(), config or Config()
        )
        self.backend.node_proxy = node_proxy
        self.metrics = metrics or MetricsRegistry()
        self.outgoing = Outgoing(self.backend)
        self.converters = Converters(self.backend, self.outgoing)
        self.admission = build_admission(self.backend, self.outgoing, AdmittedObjects(self.backend), self.metrics)
        self.writer = Writer(self.backend, self.admission)
        self.deleter = Deleter(self.writer)
        self.patcher = Patcher(self.writer)
        self.access = Access(self.backend, trust or Trust())
        self.subresources = Subresources(self.writer, self.deleter, self.patcher, self.access)
        self.custom = CustomResources(self.backend)
        self.aggregator = Aggregator(self.backend)
        self.openapi = OpenApi(self.scheme)
        self.auditor = auditor
        self.fairness = Fairness(self.backend, self.metrics)
        self.upkeep = (
            flow_control_upkeep(self.backend),
            flow_status(self.backend, stored_bytes),
            policy_status(self.backend, stored_bytes),
        )
        self.failing: dict[str, str] = {}
        self.backend.cache.on_failure = functools.partial(self.failing.__setitem__, "etcd")
        self._verbs = self._build_verbs()
        self._requests = self.metrics.counter(
            "apiserver_request_total",
            "Counter of apiserver requests.",
            ("verb", "group", "version", "resource", "subresource", "code"),
        )
        self._durations = self.metrics.histogram(
            "apiserver_request_duration_seconds",
            "Response latency distribution in seconds.",
            ("verb", "group", "version", "resource"),
        )
        self.metrics.gauge("apiserver_storage_revision", "Newest durable revision.").observe_with(lambda: float(store.revision))

    async def start(self) -> None:
        """Fill the caches and write what every cluster has; returns when requests can be answered."""
        await self.backend.cache.start()
        self.access.start()
        self.converters.load()
        self.admission.start()
        await bootstrap(self.backend)
        await self.admission.repair()
        self.fairness.load()
        for kept in self.upkeep:
            kept.start()
        await self.custom.start()
        await self.aggregator.start()

    async def stop(self) -> None:
        """End watches and background work; safe to call twice."""
        await self.aggregator.stop()
        await self.custom.stop()
        for kept in self.upkeep:
            await kept.stop()
        await self.access.stop()
        await self.outgoing.close()
        await self.backend.cache.stop()

    async def handle(self, request: Request) -> Response:
        """Answer one request; never raises."""
        clock = self.backend.clock
        started = clock.monotonic()
        labels = ["", "", "", "", ""]
        trail = self.auditor.begin(request) if self.auditor else None
        try:
            response = await self._serve(request, labels, trail)
        except PilothouseError as error:
            response = error_answer(error, getattr(error, "warnings", None), request.header("accept"))
        except RecursionError:
            response = error_answer(StatusError(400, "BadRequest", "the request is nested too deeply"))
        except Exception as error:
            logger.exception("request failed: %s %s", request.method, request.path)
            text = f"Internal error occurred: {type(error).__name__}"
            details = {"causes": [{"message": str(error)[:500]}]}
            response = error_answer(StatusError(500, "InternalError", text, details))
        if trail is not None:
            response = trail.answered(response)
        if request.method == "HEAD":
            response.body = b""
        elapsed = clock.monotonic() - started
        verb = labels[0] or request.method
        self._requests.inc(verb, labels[1], labels[2], labels[3], labels[4], str(response.status))
        if verb != "watch":
            self._durations.observe(elapsed, verb, labels[1], labels[2], labels[3])
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug("%s %s %d %.1fms", request.method, request.path, response.status, elapsed * 1000)
        return response

    async def _serve(self, request: Request, labels: list[str], trail: Trail | None) -> Response:
        check_size(request.body)
        if sum(len(key) + len(value) for key, value in request.query) > MAX_QUERY:
            raise PlainError(414, "URI too long")
        target = parse_path(request.path)
        user = await self.access.authenticate(request)
        params: dict[str, str] = {}
        if target is None:
            wanted = Attributes(verb=request.method.lower(), is_resource=False, path=request.path)
        else:
            verb = verb_of(request, target)
            labels[:] = self._labels(verb, target)
            for key, value in request.query:
                params.setdefault(key, value)
            wanted = attributes(verb, target, request.path, params)
        user = self._authorized(request, user, wanted, trail)
        ticket = self.fairness.enter(request, user, wanted)
        if ticket is None:
            try:
                ticket = await self.fairness.wait(request, user, wanted)
            except Refused as refused:
                return refused.answer()
        try:
            if target is None:
                response = await self._outside(request, user)
            else:
                response = await self._inside(request, user, wanted.verb, target, params, trail)
        except PilothouseError as error:
            response = error_answer(error, getattr(error, "warnings", None), request.header("accept"))
        finally:
            ticket.leave()
        response.headers = [*response.headers, *ticket.headers]
        return response

    def _authorized(self, request: Request, user: User, wanted: Attributes, trail: Trail | None) -> User:
        """Return the user to act as; raises 403."""
        if trail is None:
            return self.access.authorize(request, user, wanted)
        trail.identified(user, wanted)
        actor = self.access.authorize(request, user, wanted)
        trail.allowed(user, actor, self.access.rbac.explain(actor, wanted))
        return actor

    def _labels(self, verb: str, target: Target) -> list[str]:
        """Return the metric labels of a request: only names that exist, as a client may make up any number of others."""
        resource = self.scheme.resource(target.group, target.version, target.resource)
        if resource is None:
            return [verb, "", "", "", ""]
        known = target.subresource if target.subresource in resource.subresources else ""
        return [verb, target.group, target.version, target.resource, known]

    async def _outside(self, request: Request, user: User) -> Response:
        if self.aggregator.remotes.table:
            elsewhere = await self._elsewhere(request, user)
            if elsewhere is not None:
                return elsewhere
        if request.path == "/debug/faults":
            from pilothouse.cluster.apiserver.http.faultlab import plan_answer

            return plan_answer(self.backend.faults, request)
        if request.path == "/debug/clock":
            from pilothouse.cluster.apiserver.http.clocklab import clock_answer

            return await clock_answer(self.backend.clock, request)
        if request.method not in ("GET", "HEAD"):
            if request.path == "/version":
                raise not_allowed()
            if not request.path.startswith("/api"):
                raise PlainError(404, "404 page not found")
        found = self._named(request)
        if found is None:
            others = self.aggregator.merged if self.aggregator.remotes.table else None
            found = discover(self.scheme, self.backend.config, request, others) or health(request, self.failing)
        if found is None:
            raise PlainError(404, "404 page not found")
        return found

    async def _elsewhere(self, request: Request, user: User) -> Response | None:
        """Answer a path outside of resources that another server serves, None when it is ours."""
        name = request.path.removeprefix("/openapi/v3/")
        documents = self.aggregator.merged
        remote = documents.owner(name) if name != request.path else self.aggregator.remotes.find(request.path)
        return None if remote is None else await self.aggregator.answer(remote, request, user)

    def _named(self, request: Request) -> Response | None:
        path = request.path
        if path in ("/version", "/version/"):
            return version(self.scheme.version, self.backend.config.git_version)
        if path == "/metrics":
            return metrics(self.metrics)
        if path in ("/statusz", "/flagz"):
            return about(path[1:], self._facts(path))
        if path == "/metrics/slis":
            return slis(self.failing)
        if path.startswith("/debug/api_priority_and_fairness/"):
            return dump(self.fairness, path)
        if path.startswith("/openapi/"):
            return self.openapi.answer(request, self.aggregator.merged.openapi() if self.aggregator.remotes.table else {})
        if path == "/":
            return self.openapi.paths()
        return self.access.well_known(request)

    def _facts(self, path: str) -> dict[str, str]:
        config = self.backend.config
        if path == "/flagz":
            return {"service-cluster-ip-range": config.service_range, "service-account-issuer": config.issuer}
        return {"Version": self.scheme.version, "Paths": "/healthz /livez /metrics /readyz /statusz /version"}

    async def _inside(
        self, request: Request, user: User, verb: str, target: Target, params: dict[str, str], trail: Trail | None
    ) -> Response:
        if self.aggregator.remotes.table:
            remote = self.aggregator.remotes.find(request.path)
            if remote is not None:
                return await self.aggregator.answer(remote, request, user)
        resource = self.scheme.resource(target.group, target.version, target.resource)
        if resource is None:
            if target.group and not self._is_built_in(target.group, target.version):
                raise PlainError(404, "404 page not found")
            raise no_resource()
        call = Call(request, user, verb, resource, _namespace_of(resource, target), target.name, None, params, [])
        if trail is not None:
            call.annotations = trail.annotations
        try:
            return await self._answered(call, target)
        except StatusError as error:
            error.warnings = call.warnings
            raise

    def _is_built_in(self, group: str, version: str) -> bool:
        if group not in self.scheme.groups:
            return False
        return not any(found.is_custom for served in self.scheme.groups[group] for found in self.scheme.in_version(group, served))

    async def _answered(self, call: Call, target: Target) -> Response:
        self._deprecations(call)
        resource, verb = call.resource, call.verb
        if target.subresource:
            sub = resource.subresources.get(target.subresource)
            if sub is None:
                if resource.is_custom:
                    raise not_found(resource, call.name)
                raise no_resource()
            if verb not in sub.verbs:
                raise not_allowed()
            call.subresource = sub
            return await self.subresources.serve(call, target.rest)
        return await self._main(call)

    def _deprecations(self, call: Call) -> None:
        text = call.resource.warning or _DEPRECATED.get((call.resource.group, call.resource.kind))
        if text:
            call.warn(text)

    async def _main(self, call: Call) -> Response:
        verb, resource = call.verb, call.resource
        if verb not in resource.verbs and not (verb == "watch" and "watch" in resource.verbs):
            raise not_allowed()
        if resource.namespaced and not call.namespace and verb not in ("list", "watch"):
            raise PlainError(404, "404 page not found") if resource.is_custom else not_allowed()
        if verb != "watch" and bool(call.name) is (verb in _COLLECTION_VERBS):
            raise not_allowed()
        special = self.subresources.special(call)
        if special is not None:
            return await special(call)
        if self.backend.faults.plan is not None:
            from pilothouse.cluster.apiserver.http.faultlab import rehearsed  # nobody needs it until faults are asked for

            return await rehearsed(self.backend, call, self._verbs[verb])
        return await self._verbs[verb](call)

    async def _watch(self, call: Call) -> Response:
        response = await reads.watch(self.backend, call)
        if not call.request.can_upgrade:
            return response
        from pilothouse.cluster.apiserver.http.sockets import events_as_messages  # browsers alone ask for it

        try:
            return events_as_messages(call.request, response)
        except PilothouseError:
            await response.aclose()
            raise

    def _build_verbs(self) -> dict[str, Callable[[Call], Awaitable[Response]]]:
        backend = self.backend
        return {
            "get": lambda call: reads.get(backend, call),
            "list": lambda call: reads.list_objects(backend, call),
            "watch": self._watch,
            "create": self.writer.create,
            "update": self.writer.update,
            "patch": self.patcher.patch,
            "delete": self.deleter.delete,
            "deletecollection": self.deleter.delete_collection,
        }


_SELECTING_VERBS = frozenset(("list", "watch", "deletecollection"))
_COLLECTION_VERBS = frozenset(("create", "list", "deletecollection"))
_DEPRECATED = {
    ("", "Endpoints"): "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
    ("", "ComponentStatus"): "v1 ComponentStatus is deprecated in v1.19+",
}


def _namespace_of(resource: Resource, target: Target) -> str:
    """Return the namespace of a request; raises 404 for a path that does not fit the resource."""
    name, namespace = target.name, target.namespace
    if name and "%" in name:
        raise no_resource()
    if resource.namespaced:
        if name and not namespace:
            raise no_resource()
        return namespace
    if namespace and resource.kind != "Namespace":
        raise PlainError(404, "404 page not found") if resource.is_custom else no_resource()
    return ""


def attributes(verb: str, target: Target, path: str, params: dict[str, str]) -> Attributes:
    """Return what authorisation decides on; a list of one name counts as naming it, a create never does."""
    name = target.name
    fields = params.get("fieldSelector", "") if verb in _SELECTING_VERBS else ""
    if not name and fields.startswith("metadata.name=") and "," not in fields:
        name = fields.removeprefix("metadata.name=").lstrip("=")
    return Attributes(verb, True, target.group, target.version, target.resource, target.subresource, target.namespace, name, path,
                      _selected_node(fields))  # fmt: skip


def _selected_node(fields: str) -> str:
    """Return the node that a field selector asks for, empty when it may match others too."""
    if "nodeName=" not in fields:
        return ""
    for part in fields.split(","):
        key, _, value = part.partition("=")
        if key in ("spec.nodeName", "nodeName"):
            return value.removeprefix("=")
    return ""
