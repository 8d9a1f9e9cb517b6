"""The cluster as the verbs see it: one blocking request at a time, and watches of Applications.

Nothing but sockets and TLS is imported, so that a verb starts fast. Failures are `PilothouseError`s that say what to do.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any

from pilothouse.kit.errors import NotFound, PilothouseError, TimedOut

APPS = "/apis/argoproj.io/v1alpha1"
WATCH_S = 240.0
App = dict[str, Any]
_CONTENT = {"json": "application/json-patch+json", "merge": "application/merge-patch+json"}


class RequestFailed(PilothouseError):
    """The server refused a request."""

    reason = "RequestFailed"


class Cluster:
    """One cluster, as one user."""

    def __init__(self, args: argparse.Namespace) -> None:
        """Read the kubeconfig the flags choose."""
        import os
        from pathlib import Path

        from pilothouse.wire import kubeconfig

        data = os.environ.get("PILOTHOUSE_DATA_DIR") or os.path.expanduser("~/.local/share/pilothouse")
        path = args.kubeconfig or os.environ.get("KUBECONFIG") or f"{data}/kubeconfig"
        self.access = kubeconfig.read(Path(path), args.context)
        self.namespace: str = args.namespace

    def send(self, method: str, path: str, body: Any = None, content_type: str = "") -> Any:
        """Return the JSON of an answer; raises `NotFound` or `RequestFailed`."""
        from pilothouse.wire.http.oneshot import exchange

        payload = b"" if body is None else json.dumps(body).encode()
        headers = {"content-type": content_type or "application/json"} if payload else {}
        answer = exchange(self.access, method, path, body=payload, headers=headers)
        text = answer.read()
        if answer.status >= 400:
            raise _failure(answer.status, text)
        return json.loads(text) if text else {}

    def path(self, name: str = "") -> str:
        """Return the path of an Application, or of all in its namespace; a name may be NAMESPACE/NAME."""
        namespace, _, name = name.rpartition("/")
        return f"{APPS}/namespaces/{namespace or self.namespace}/applications" + (f"/{name}" if name else "")

    def application(self, name: str) -> App:
        """Return one Application; raises `NotFound` that names what is alike."""
        try:
            found: App = self.send("GET", self.path(name))
        except NotFound as error:
            raise self._missing(name, error) from None
        return found

    def applications(self, selector: str = "", *, everywhere: bool = False) -> list[App]:
        """Return the Applications of the namespace, or of all, that match a label selector."""
        path = f"{APPS}/applications" if everywhere else self.path()
        try:
            return list(self.send("GET", path + _query(labelSelector=selector)).get("items") or [])
        except NotFound as error:
            raise _not_served(error) from None

    def chosen(self, names: list[str], selector: str) -> list[App]:
        """Return the Applications that are named or selected; raises when there are none."""
        if bool(names) == bool(selector):
            raise RequestFailed(
                "name the applications or select them", fix="`NAME...` or `-l key=value`, not both and not neither"
            )
        if names:
            return [self.application(name) for name in dict.fromkeys(names)]
        found = self.applications(selector)
        if not found:
            raise NotFound(
                f"no application in namespace {self.namespace} matches {selector!r}", fix="`pilothouse app list` shows all"
            )
        return found

    def patch(self, app: App, patch: Any, kind: str = "merge") -> App:
        """Change an Application."""
        meta = app["metadata"]
        found: App = self.send("PATCH", self.path(f"{meta['namespace']}/{meta['name']}"), patch, _CONTENT[kind])
        return found

    def follow(self, namespace: str, name: str, deadline: float | None) -> Iterator[App | None]:
        """Yield an Application now and whenever it changes, None once it is gone; raises `TimedOut` at the deadline."""
        while True:
            path = self.path(f"{namespace}/{name}")
            try:
                tree = self.send("GET", path)
            except NotFound:
                yield None
                return
            yield tree
            for event in self._events(namespace, name, tree["metadata"]["resourceVersion"], deadline):
                if event["type"] == "ERROR":
                    break
                yield None if event["type"] == "DELETED" else event["object"]

    def _events(self, namespace: str, name: str, version: str, deadline: float | None) -> Iterator[Any]:
        from pilothouse.wire.http.oneshot import exchange

        left_s = remaining(deadline)
        query = _query(
            watch="true", fieldSelector=f"metadata.name={name}", resourceVersion=version,
            timeoutSeconds=str(max(1, int(min(left_s, WATCH_S)))),
        )  # fmt: skip
        answer = exchange(self.access, "GET", self.path(f"{namespace}/") + query, timeout_s=min(left_s, WATCH_S + 10))
        if answer.status >= 400:
            raise _failure(answer.status, answer.read())
        rest = b""
        try:
            for chunk in answer.chunks():
                *lines, rest = (rest + chunk).split(b"\n")
                yield from (json.loads(line) for line in lines if line)
                remaining(deadline)
        except TimeoutError:
            remaining(deadline)
        finally:
            answer.close()

    def _missing(self, name: str, error: PilothouseError) -> PilothouseError:
        import difflib

        try:
            known = [(app["metadata"]["namespace"], app["metadata"]["name"]) for app in self.applications(everywhere=True)]
        except PilothouseError as second:
            return second
        namespace, _, plain = name.rpartition("/")
        home = namespace or self.namespace
        elsewhere = next((space for space, other in known if other == plain), "")
        if elsewhere:
            return NotFound(
                f"there is no application {plain!r} in namespace {home}", fix=f"it is in {elsewhere}: add `-n {elsewhere}`"
            )
        near = difflib.get_close_matches(plain, [other for _, other in known], n=1)
        fix = f"did you mean {near[0]!r}?" if near else "`pilothouse app list -A` shows what there is"
        return NotFound(f"there is no application {plain!r} in namespace {home}", fix=fix)


def remaining(deadline: float | None) -> float:
    """Return the seconds that are left, many when there is no deadline; raises `TimedOut`."""
    if deadline is None:
        return WATCH_S
    left_s = deadline - now()
    if left_s <= 0:
        raise TimedOut("it takes longer than --timeout")
    return left_s


def now() -> float:
    """Return seconds that only count up."""
    from pilothouse.kit.clock import SystemClock

    return SystemClock().monotonic()


def _query(**parameters: str) -> str:
    from urllib.parse import urlencode

    given = {key: value for key, value in parameters.items() if value}
    return f"?{urlencode(given)}" if given else ""


def _not_served(error: PilothouseError) -> PilothouseError:
    return NotFound(
        f"this cluster has no applications: {error.message}",
        fix="`pilothouse up` brings them; on another cluster install the definitions of Argo CD",
    )


def _failure(status: int, body: bytes) -> PilothouseError:
    try:
        tree = json.loads(body)
    except ValueError:
        tree = {}
    message = str(tree.get("message") or body[:200].decode("utf-8", "replace")) if isinstance(tree, dict) else str(tree)
    if status == 404:
        return NotFound(message)
    if status == 504:
        return TimedOut(message)
    fixes = {
        401: "the kubeconfig belongs to another instance: take the one that `pilothouse status` shows",
        403: "ask for a Role that allows it, or use the administrator's kubeconfig",
        409: "somebody changed it meanwhile: try again",
    }
    return RequestFailed(message, fix=fixes.get(status, ""))
