"""The blocking client of the command line: one request at a time, failures as readable errors."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any

from pilothouse.kit.errors import PilothouseError
from pilothouse.wire import kubeconfig
from pilothouse.wire.http.oneshot import Answer, exchange

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


class RequestFailed(PilothouseError):
    """The server answered with a failure."""

    reason = "RequestFailed"

    def __init__(self, code: int, status: dict[str, Any]) -> None:
        """Show the server's message and what to do about the common ones."""
        reason = status.get("reason") or code
        super().__init__(f"{status.get('message') or f'the server answered {code}'} ({reason})", fix=_fix(code))
        self.code, self.status = code, status


def _fix(code: int) -> str:
    return {
        401: "the kubeconfig belongs to another instance: take the one that `pilothouse status` shows",
        403: "ask for a Role that allows it, or use the administrator's kubeconfig",
        503: "the server is still starting or a part of it is down: `pilothouse status`",
    }.get(code, "")


def add_flags(parser: argparse.ArgumentParser, *, namespace: bool = True) -> None:
    """Add the flags every verb has."""
    parser.add_argument("--kubeconfig", help="kubeconfig file (default: $KUBECONFIG, then the local instance)")
    parser.add_argument("--context", default="", help="context of the kubeconfig")
    if namespace:
        parser.add_argument("-n", "--namespace", help="namespace (default: that of the context)")


def seconds(text: str) -> float:
    """Read a time span: a number of seconds, or one with units as in 1m30s."""
    total, digits = 0.0, ""
    for letter in text:
        if letter in _UNITS:
            total, digits = total + float(digits) * _UNITS[letter], ""
        else:
            digits += letter
    return total if text and not digits else total + float(digits)


class Api:
    """Requests to one server."""

    def __init__(self, args: argparse.Namespace) -> None:
        """Read the kubeconfig the arguments choose."""
        from pilothouse.app.profiles import kubeconfig_path

        self.access = kubeconfig.read(kubeconfig_path(args.kubeconfig), args.context)
        self.namespace: str = getattr(args, "namespace", None) or self.access.namespace

    def send(
        self, method: str, path: str, query: dict[str, str] | None = None, *, body: bytes = b"", content_type: str = "",
        accept: str = "application/json", timeout_s: float | None = 60.0,
    ) -> Answer:  # fmt: skip
        """Send a request; raises `RequestFailed` for a failure."""
        headers = {"accept": accept}
        if content_type:
            headers["content-type"] = content_type
        target = f"{path}?{_encoded(query)}" if query else path
        answer = exchange(self.access, method, target, body=body, headers=headers, timeout_s=timeout_s)
        if answer.status >= 400:
            raise RequestFailed(answer.status, _status(answer.read()))
        return answer

    def json(self, method: str, path: str, query: dict[str, str] | None = None, body: Any = None, **options: Any) -> Any:
        """Send a request and return the JSON of the answer."""
        payload = b"" if body is None else json.dumps(body).encode()
        if payload:
            options.setdefault("content_type", "application/json")
        return json.loads(self.send(method, path, query, body=payload, **options).read())

    def lines(self, path: str, query: dict[str, str], accept: str = "application/json") -> Iterator[bytes]:
        """Yield the lines of a streamed answer."""
        rest = b""
        for chunk in self.send("GET", path, query, accept=accept, timeout_s=None).chunks():
            *complete, rest = (rest + chunk).split(b"\n")
            yield from complete
        if rest:
            yield rest


def _encoded(query: dict[str, str]) -> str:
    from urllib.parse import urlencode  # costs as much as a plain `get` sends: most requests have no query

    return urlencode(query)


def _status(body: bytes) -> dict[str, Any]:
    try:
        status = json.loads(body)
    except ValueError:
        return {"message": body[:300].decode("utf-8", "replace").strip()}
    return status if isinstance(status, dict) else {}
