"""Follows one request: received, answered, and for watches and connections the end of the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import orjson

from pilothouse.cluster.apiserver.context import Attributes, Obj, User
from pilothouse.cluster.apiserver.http.audit.events import event_of, object_of, status_of
from pilothouse.cluster.apiserver.http.audit.log import Sink
from pilothouse.cluster.apiserver.http.audit.policy import NOTHING, Policy
from pilothouse.kit.clock import Clock, Entropy, rfc3339_micro
from pilothouse.wire.http.messages import Request, Response

MAX_ID = 64
_PREFIX = "authorization.k8s.io/"


class Auditor:
    """Records requests by a policy."""

    def __init__(self, policy: Policy, sink: Sink, clock: Clock, entropy: Entropy) -> None:
        """Record into `sink`."""
        self.policy, self.sink, self.clock, self.entropy = policy, sink, clock, entropy

    def begin(self, request: Request) -> Trail:
        """Return the trail of a request; the client may name it with the header Audit-ID."""
        return Trail(self, request, request.header("audit-id")[:MAX_ID] or self.entropy.uuid())


class Trail:
    """One request."""

    def __init__(self, auditor: Auditor, request: Request, audit_id: str) -> None:
        """Begin; nothing is recorded before `identified`."""
        self._auditor, self._request, self.audit_id = auditor, request, audit_id
        self._received = rfc3339_micro(auditor.clock.now())
        self._decision = NOTHING
        self._event: Obj | None = None
        self.annotations: dict[str, str] = {}

    def identified(self, user: User, wanted: Attributes) -> None:
        """Tell who asks for what: the policy decides, and the arrival is recorded."""
        self._decision = self._auditor.policy.decide(user, wanted)
        if self._decision.level == "None":
            return
        if self._decision.has_response and wanted.verb == "list":
            self._request.is_streaming = False  # what is recorded whole is built whole
        self._event = event_of(self._request, self.audit_id, user, wanted, self._decision.level)
        self._record("RequestReceived")

    def allowed(self, user: User, actor: User, why: str) -> None:
        """Tell that authorisation let the request pass, as `actor`, and why."""
        if self._event is None:
            return
        if actor is not user:
            self._event["impersonatedUser"] = actor.info()
        self.annotations = {f"{_PREFIX}decision": "allow", f"{_PREFIX}reason": why, **self.annotations}

    def answered(self, response: Response) -> Response:
        """Record the answer; one that goes on is recorded again at its end."""
        response.headers = [*response.headers, ("audit-id", self.audit_id)]
        if self._event is None and response.status == 401:
            self._unknown()
        if self._event is None:
            return response
        if response.status == 403 and not self.annotations:
            self.annotations = {f"{_PREFIX}decision": "forbid", f"{_PREFIX}reason": ""}
        body = response.body
        if isinstance(body, bytes) and response.upgrade is None:
            self._record("ResponseComplete", response.status, body)
        else:
            self._record("ResponseStarted", response.status)
            self._follow(response)
        return response

    def _unknown(self) -> None:
        """A request whose credential nobody knows: recorded as the policy asks for a user without a name."""
        nobody, wanted = User(""), Attributes(self._request.method.lower(), False, path=self._request.path)
        self._decision = self._auditor.policy.decide(nobody, wanted)
        if self._decision.level != "None":
            self._event = event_of(self._request, self.audit_id, None, None, "Metadata")

    def _follow(self, response: Response) -> None:
        done = _Once(lambda: self._record("ResponseComplete", response.status))
        upgrade = response.upgrade
        if upgrade is not None:

            async def upgraded(duplex: object) -> None:
                try:
                    await upgrade(duplex)  # type: ignore[arg-type]
                finally:
                    done()

            response.upgrade = upgraded
        else:
            assert not isinstance(response.body, bytes)
            response.body = _Followed(aiter(response.body), done)

    def _record(self, stage: str, code: int = 0, body: bytes = b"") -> None:
        if self._event is None or stage in self._decision.omitted_stages:
            return
        event = {**self._event, "stage": stage, "requestReceivedTimestamp": self._received}
        event["stageTimestamp"] = rfc3339_micro(self._auditor.clock.now())
        omit = self._decision.omit_managed_fields
        if code:
            event["responseStatus"] = status_of(code, body)
            if self._decision.has_request:
                content_type = self._request.header("content-type", "application/json")
                sent = object_of(self._request.body, content_type, omit_managed_fields=omit)
                event |= {"requestObject": sent} if sent is not None else {}
            if self._decision.has_response and body:
                answer = object_of(body, "application/json", omit_managed_fields=omit)
                event |= {"responseObject": answer} if answer is not None else {}
        if self.annotations:
            event["annotations"] = self.annotations
        self._auditor.sink.add(orjson.dumps(event))


class _Once:
    """Calls a function the first time only."""

    def __init__(self, function: Callable[[], None]) -> None:
        self._function: Callable[[], None] | None = function

    def __call__(self) -> None:
        function, self._function = self._function, None
        if function is not None:
            function()


class _Followed:
    """A streamed body that tells when it ended, or when its reader went away."""

    def __init__(self, chunks: AsyncIterator[bytes], done: Callable[[], None]) -> None:
        self._chunks, self._done = chunks, done

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await anext(self._chunks)
        except BaseException:
            self._done()
            raise

    async def aclose(self) -> None:
        self._done()
        close = getattr(self._chunks, "aclose", None)
        if close is not None:
            await close()
