"""A server for one run of a machine, its synchronous face, and the journal of what was written."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, TypeVar

from pilothouse.cluster.apiserver import ApiServer
from pilothouse.kit.clock import Entropy
from pilothouse.store.memory import MemoryStore
from pilothouse.wire.http.messages import Response
from tests.properties.apiserver.model import LABEL, Kind, Thing, Tree, thing_of
from tests.unit.cluster.apiserver.driver import Driver, crd, established

T = TypeVar("T")
WIDGETS = {
    "subresources": {
        "status": {},
        "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"},
    },
    "schema": {
        "openAPIV3Schema": {
            "type": "object",
            "properties": {
                "spec": {
                    "type": "object",
                    "properties": {"a": {"type": "string"}, "b": {"type": "string"}, "replicas": {"type": "integer"}},
                },
                "status": {"type": "object", "properties": {"phase": {"type": "string"}}},
            },
        }
    },
}


@dataclass(frozen=True)
class Entry:
    """One write: what a watch has to tell of it."""

    revision: int
    kind: Kind
    name: str
    old: Thing | None
    new: Thing | None
    """None when the object is gone."""

    def event(self, label: str) -> tuple[str, str, Thing] | None:
        """Return (type, name, object) as a watch sees it that selects by `label`, None when it sees nothing."""
        is_now = self.new is not None and _matches(self.new, label)
        was = self.old is not None and _matches(self.old, label)
        if is_now:
            assert self.new is not None
            return ("MODIFIED" if was else "ADDED"), self.name, self.new
        if not was:
            return None
        assert self.old is not None
        return "DELETED", self.name, self.old


def _matches(thing: Thing, label: str) -> bool:
    return not label or thing.values.get(LABEL) == label


class Api:
    """A fresh server, called synchronously."""

    def __init__(self) -> None:
        """Start it with the kinds of the model."""
        self.loop = asyncio.new_event_loop()
        self.server = ApiServer(MemoryStore(), entropy=Entropy(1))
        self.driver = Driver(self.server)
        self.run(self._prepare())

    async def _prepare(self) -> None:
        await self.server.start()
        await established(self.driver, crd(**WIDGETS))
        await self.driver.ok("POST", "/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
        registered = "/apis/apiregistration.k8s.io/v1/apiservices/v1.example.com"
        while (await self.driver.call("GET", registered))[0] != 200:  # the last thing the server writes on its own
            await asyncio.sleep(0.001)

    def run(self, what: Awaitable[T]) -> T:
        """Run to its end."""

        async def bounded() -> T:
            async with asyncio.timeout(10):
                return await what

        return self.loop.run_until_complete(bounded())

    def close(self) -> None:
        """Stop."""
        self.run(self.server.stop())
        self.loop.close()

    @property
    def revision(self) -> int:
        """The newest revision there is."""
        return self.server.backend.store.revision

    def call(
        self, method: str, path: str, body: Any = None, *, query: dict[str, str] | None = None, kind: str = "application/json"
    ) -> tuple[int, Any]:
        """Send one request; returns the code and the parsed body."""
        return self.run(self.driver.call(method, path, body, query=query, headers={"content-type": kind}))

    def get(self, kind: Kind, name: str) -> Tree | None:
        """Return an object, None when there is none."""
        status, value = self.call("GET", f"{kind.path}/{name}")
        assert status in (200, 404), value
        return value if status == 200 else None

    def list(self, kind: Kind, **query: str) -> tuple[dict[str, Thing], dict[str, str]]:
        """Return the objects of a kind by name, and the metadata of the list."""
        status, value = self.call("GET", kind.path, query=query)
        assert status == 200, value
        return {item["metadata"]["name"]: thing_of(kind, item) for item in value["items"]}, value["metadata"]

    def watch(self, kind: Kind, revision: int, label: str) -> Watch:
        """Open a watch after a revision."""
        query = {"watch": "true", "resourceVersion": str(revision)} | ({"labelSelector": f"l={label}"} if label else {})
        response = self.run(self.driver.send("GET", kind.path, query=query))
        assert response.status == 200
        return Watch(self, kind, response, label, revision)


class Watch:
    """An open watch."""

    def __init__(self, api: Api, kind: Kind, response: Response, label: str, since: int) -> None:
        """Read from `response`."""
        self._api, self._response = api, response
        self.kind, self.label, self.since = kind, label, since

    def events(self, count: int) -> list[tuple[str, str, Thing]]:
        """Return what is there to be read, which is all in one piece; nothing when no event is expected."""
        assert not isinstance(self._response.body, bytes)
        if not count:
            return []
        chunk = self._api.run(anext(aiter(self._response.body)))
        events = [json.loads(line) for line in chunk.splitlines()]
        return [(event["type"], event["object"]["metadata"]["name"], thing_of(self.kind, event["object"])) for event in events]

    def close(self) -> None:
        """End it."""
        self._api.run(self._response.aclose())
