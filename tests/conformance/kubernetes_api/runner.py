"""Replays one recorded scenario against a fresh server."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from pilothouse.api.scheme.protobuf import decode_protobuf
from pilothouse.cluster.apiserver import ApiServer, Config
from pilothouse.store.memory import MemoryStore
from pilothouse.wire.http.messages import Peer, Request, Response
from tests.conformance.kubernetes_api.compare import UNORDERED_NAMES, Comparison, Differs, anonymous
from tests.conformance.kubernetes_api.others import Others
from tests.conformance.kubernetes_api.transcripts import Transcript, json_or_none

CORPUS = Path(__file__).resolve().parents[4] / "shared" / "corpus" / "kubernetes-api"
USERS = {
    "admin": ("admin", "1", ("system:masters",)),
    "alice": ("alice", "2", ("dev", "qa")),
    "bob": ("bob", "3", ()),
}
KEEPS_MANAGED = ("02", "07", "13")
Scenario = dict[str, Any]


def scenarios() -> Iterator[tuple[str, str, Scenario]]:
    """Yield (id, category, scenario) of the whole corpus."""
    for path in sorted(CORPUS.glob("[0-9]*.jsonl")):
        category = path.stem
        with path.open() as lines:
            for line in lines:
                scenario = json.loads(line)
                yield f"{category[:2]}/{scenario['name']}", category, scenario


class Replay:
    """One server and the scenario played on it."""

    def __init__(self, identity: str, scenario: Scenario) -> None:
        category = identity[:2]
        self.scenario = scenario
        self.compare = Comparison(
            managed_fields=category in KEEPS_MANAGED, lenient=category == "13", unordered=scenario["name"] in UNORDERED_NAMES
        )
        config = Config(service_range="10.0.0.0/16", tokens=dict(USERS))
        self.server = ApiServer(MemoryStore(), config=config)
        self.others = Others(self.server, scenario)
        self.compare.hashes = self.others.has_controllers
        self.bodies: list[Any] = []
        self.etags: dict[str, str] = {}
        self.watches: dict[str, Response] = {}
        self.buffers: dict[str, bytes] = {}

    async def run(self) -> None:
        """Play every step; raises Differs at the first that is not as recorded."""
        await self.server.start()
        await self.others.start()
        try:
            await self._setup()
            await self.others.furnish()
            for index, step in enumerate(self.scenario.get("steps", [])):
                try:
                    await self._step(step)
                except Differs as error:
                    request = step.get("request", {})
                    raise Differs(f"step {index} {request.get('method')} {request.get('path')}: {error}") from None
            for command in self.scenario.get("commands", []):
                await Transcript(self).run(command)
        finally:
            for watch in self.watches.values():
                await watch.aclose()
            await self.others.stop()
            await self.server.stop()

    async def _setup(self) -> None:
        for name in (self.scenario.get("setup") or {}).get("namespaces", []):
            for path, body in (
                ("/api/v1/namespaces", {"metadata": {"name": name}}),
                (f"/api/v1/namespaces/{name}/serviceaccounts", {"metadata": {"name": "default"}}),
            ):
                response = await self.send({"method": "POST", "path": path, "body": body})
                assert response.status == 201 or self.others.has_controllers, await response.read()

    async def send(self, raw: dict[str, Any]) -> Response:
        """Send a recorded request."""
        sub = self.compare.substitute
        headers = {key.lower(): sub(value) for key, value in (raw.get("headers") or {}).items()}
        headers.setdefault("user-agent", "recorder/1.0")
        headers.setdefault("accept", "application/json")
        body = self._body(raw)
        if b"kube-api-access-$rand" in body:
            body = body.replace(b"kube-api-access-$rand", self._mount_name())
        if body:
            headers.setdefault("content-type", "application/json")
        user = raw.get("user", "admin")
        if user != "anonymous" and "authorization" not in headers:
            headers["authorization"] = f"Bearer {user}"
        query = raw.get("query") or {}
        pairs = query if isinstance(query, list) else [(key, value) for key, value in query.items()]
        flat = []
        for key, value in pairs:
            for item in value if isinstance(value, list) else [value]:
                flat.append((key, str(sub(item))))
        path = sub(raw["path"])
        if "if-none-match" in headers:
            headers["if-none-match"] = await self._etag(raw, path)
        if path.startswith("/openapi/v3/"):
            flat = [(key, self._hash(path, value) if key == "hash" else value) for key, value in flat]
        if ("fieldManager", "kubectl") in flat:
            body = await self._versioned(path, body)
        response = await self.server.handle(Request(raw["method"], path, flat, headers, body, Peer("test")))
        if response.header("etag"):
            self.etags[path] = response.header("etag")
        return response

    async def _versioned(self, path: str, body: bytes) -> bytes:
        """Put the object's own version where a recorded JSON patch holds the number it had on the recorded server."""
        if b'"/metadata/resourceVersion"' not in body:
            return body
        headers = {"authorization": "Bearer admin"}
        answer = await self.server.handle(Request("GET", path, [], headers, b"", Peer("test")))
        version = orjson.loads(await answer.read())["metadata"]["resourceVersion"]
        patch = orjson.loads(body)
        for step in patch:
            if step["path"] == "/metadata/resourceVersion" and step.get("value", "").isdigit():
                step["value"] = version
        return orjson.dumps(patch)

    async def _etag(self, raw: dict[str, Any], path: str) -> str:
        """Return the validator of a document; a recording may hold the second request only."""
        if path not in self.etags:
            await self.send(
                {**raw, "headers": {key: value for key, value in raw["headers"].items() if key.lower() != "if-none-match"}}
            )
        return self.etags.get(path, "")

    def _hash(self, path: str, value: str) -> str:
        found = self.server.openapi.names().get(path.removeprefix("/openapi/v3/"))
        return self.server.openapi.hash_of(*found) if found and (value == "$hash" or len(value) == 128) else value

    def _mount_name(self) -> bytes:
        for value in reversed(self.bodies):
            found = re.search(rb"kube-api-access-[a-z0-9]{5}", orjson.dumps(value))
            if found:
                return found[0]
        return b"kube-api-access-aaaaa"

    def _body(self, raw: dict[str, Any]) -> bytes:
        if "bodyBase64" in raw:
            return base64.b64decode(raw["bodyBase64"])
        if "bodyGenerator" in raw:
            return eval_generator(raw["bodyGenerator"])
        if "bodyText" in raw:
            text: str = self.compare.substitute(raw["bodyText"])
            return _expanded(text).encode()
        if "body" in raw:
            return _expand_tree(json.dumps(self.compare.substitute(raw["body"])).encode())
        return b""

    async def _step(self, step: dict[str, Any]) -> None:
        if "watchStart" in step:
            raw = dict(step["request"])
            query = dict(raw.get("query") or {})
            if query.get("timeoutSeconds", "").isdigit() and self._closes(step["watchStart"]):
                raw["query"] = {**query, "timeoutSeconds": "1"}
            response = await self.send(raw)
            self.watches[step["watchStart"]] = response
            self.buffers[step["watchStart"]] = b""
            await self.check(step["response"], response)
        elif "watchEvents" in step:
            await self._events(step)
        else:
            await self._request(step)

    def _closes(self, name: str) -> bool:
        return any(step.get("watchEvents") == name and step.get("closed") for step in self.scenario["steps"])

    async def _request(self, step: dict[str, Any]) -> None:
        if self.others.has_controllers and step["request"]["method"] != "GET":
            await self.others.rest()
        attempts = 250 if step.get("eventually") else 1
        for attempt in range(attempts):
            before = dict(self.compare.bound)
            response = await self.send(step["request"])
            try:
                await self.check(step["response"], response)
                if step.get("waitUntilServed"):
                    await self._wait_served(step["waitUntilServed"])
                return
            except Differs:
                self.compare.bound = before
                if attempt == attempts - 1:
                    raise
                await asyncio.sleep(0.02)

    async def _wait_served(self, path: Any) -> None:
        for _ in range(100):
            response = await self.send({"method": "GET", "path": path if isinstance(path, str) else path["path"]})
            if response.status == 200:
                await response.read()
                return
            await asyncio.sleep(0.01)

    async def check(self, expected: dict[str, Any], response: Response) -> None:
        """Compare an answer with the recorded one; raises Differs."""
        if isinstance(response.body, bytes):
            raw = response.body
        elif "body" in expected or "bodyText" in expected:
            raw = await response.read()
        else:
            raw = b""
        if expected["status"] != response.status:
            self.bodies.append(None)
            raise Differs(f"status: expected {expected['status']}, got {response.status}: {raw[:600].decode('utf-8', 'replace')}")
        self._headers(expected.get("headers") or {}, response)
        self._compare_body(expected, raw)

    def _headers(self, expected: dict[str, str], response: Response) -> None:
        for key, value in expected.items():
            given = [item for name, item in response.headers if name == key]
            if key == "content-type":
                given = given or [response.content_type]
            if not given:
                raise Differs(f"header {key}: expected {value!r}, got none")
            if value != "present":
                shown, found = (_LONG_HASH.sub("hash=$hash", text) for text in (value, "\n".join(given)))
                self.compare.check(shown, found, f"header {key}")

    def _compare_body(self, expected: dict[str, Any], raw: bytes) -> None:
        if "sameBodyAsStep" in expected:
            wanted = self.bodies[expected["sameBodyAsStep"]]
            self.bodies.append(wanted)
            given = json.loads(raw)
            if wanted is None or not self.compare.managed_fields:
                wanted, given = _without_managed(wanted), _without_managed(given)
            if wanted != given:
                Comparison(managed_fields=True, unordered=False).check(wanted, given)
            return
        if "body" in expected or "names" in expected:
            try:
                value = json.loads(raw)
            except ValueError:
                raise Differs(f"body is no JSON: {raw[:200]!r}") from None
            self.bodies.append(value)
            if "names" in expected:
                names = [item["metadata"]["name"] for item in value["items"]]
                self.compare.check(expected["names"], names, "names")
            else:
                self.compare.check(expected["body"], value, partial=bool(expected.get("bodyIsPartial")))
            return
        if "bodyBase64" in expected:
            recorded, given = (decode_protobuf(body) for body in (base64.b64decode(expected["bodyBase64"]), raw))
            Comparison(managed_fields=False, unordered=False).check(anonymous(recorded), anonymous(given))
            self.bodies.append(given)
            return
        if "bodyText" in expected:
            self._compare_text(expected["bodyText"], raw.decode())
        elif "summary" in expected or "bodyFile" in expected:
            check_special(expected, raw)
        self.bodies.append(json_or_none(raw))

    def _compare_text(self, expected: str, given: str) -> None:
        """Compare text, of JSON documents (one on each line) what they say; hashes of documents are opaque to clients."""
        if not expected.startswith("{"):
            self.compare.check(expected, given, "bodyText")
            return
        lines = [(_LONG_HASH.sub("hash=$hash", line) for line in text.splitlines()) for text in (expected, given)]
        wanted, found = ([json.loads(line) for line in part] for part in lines)
        self.compare.check(wanted, found, "bodyText")

    async def _events(self, step: dict[str, Any]) -> None:
        name, wanted = step["watchEvents"], step["events"]
        response = self.watches[name]
        given: list[Any] = []
        body = response.body
        assert not isinstance(body, bytes), "a watch answers a stream"
        iterator = body.__aiter__()
        closed = False
        while True:
            *lines, self.buffers[name] = self.buffers[name].split(b"\n")
            given += [json.loads(line) for line in lines if line]
            while len(given) > len(wanted) and given[-1]["type"] == "BOOKMARK" and not step.get("closed"):
                self.buffers[name] = json.dumps(given.pop()).encode() + b"\n" + self.buffers[name]
            if len(given) >= len(wanted) and not step.get("closed"):
                break
            try:
                self.buffers[name] += await asyncio.wait_for(iterator.__anext__(), 2.0)
            except StopAsyncIteration:
                closed = True
                break
            except TimeoutError:
                break
        if step.get("closed") and not closed:
            raise Differs("the watch was not ended")
        self.compare.check(wanted, given, "events")


def _without_managed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_managed(item) for key, item in value.items() if key != "managedFields"}
    if isinstance(value, list):
        return [_without_managed(item) for item in value]
    return value


_LONG_HASH = re.compile(r"hash=[0-9A-F]{128}")
_REPEAT = re.compile(r"\$repeat\((.*?),(\d+)\)")


def _expanded(text: str) -> str:
    return _REPEAT.sub(lambda match: match[1] * int(match[2]), text)


def _expand_tree(raw: bytes) -> bytes:
    return _expanded(raw.decode()).encode() if b"$repeat" in raw else raw


def eval_generator(text: str) -> bytes:
    """Build the bodies that were too large to store."""
    match = re.search(r"(\d{4,})", text)
    count = int(match[1]) if match else 10001
    if "annotation" in text:
        return orjson.dumps({"metadata": {"name": "x", "annotations": {"a": "x" * count}}})
    return orjson.dumps([{"op": "add", "path": "/data/k", "value": "v"}] * count)


def check_special(expected: dict[str, Any], raw: bytes) -> None:
    """Compare documents that were recorded in a reduced form."""
    import gzip

    document = json.loads(raw)
    if "bodyFile" in expected:
        wanted = json.loads(gzip.decompress((CORPUS / expected["bodyFile"]).read_bytes()))
        for part in ("paths",):
            if set(wanted[part]) != set(document[part]):
                raise Differs(f"{part}: missing {sorted(set(wanted[part]) - set(document[part]))[:5]}")
        missing = set(wanted["components"]["schemas"]) - set(document["components"]["schemas"])
        if missing:
            raise Differs(f"schemas missing {sorted(missing)[:5]}")
        return
    summary = expected["summary"]
    if len(document.get("definitions", {})) != summary["definitions"] or len(document.get("paths", {})) != summary["paths"]:
        raise Differs(f"{len(document.get('definitions', {}))} definitions, {len(document.get('paths', {}))} paths")


async def play(identity: str, scenario: Scenario, timeout_s: float = 20.0) -> str:
    """Return what is wrong with our answer to a scenario; empty when nothing is."""
    try:
        async with asyncio.timeout(timeout_s):
            await Replay(identity, scenario).run()
    except Differs as error:
        return str(error)
    except TimeoutError:
        return "timed out"
    except Exception as error:  # noqa: BLE001 - any failure of ours is a result
        return f"{type(error).__name__}: {error}"
    return ""
