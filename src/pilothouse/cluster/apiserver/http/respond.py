"""Answers: Status objects, warnings, YAML and pretty forms."""

from __future__ import annotations

from typing import Any

import orjson

from pilothouse.api.findings import quote
from pilothouse.cluster.apiserver.errors import PlainError, StatusError
from pilothouse.cluster.apiserver.http.negotiate import PLAIN, Encoding
from pilothouse.kit.errors import BadRequest, PilothouseError
from pilothouse.store.revisions import StoreStopped
from pilothouse.wire.http.messages import Response

CACHE_HEADERS = [("cache-control", "no-cache, private")]
TEXT = "text/plain; charset=utf-8"
MAX_WARNINGS = 64
"""More headers than these are refused by clients: Python's reads at most a hundred of all kinds."""
MAX_WARNED_CHARACTERS = 4096
"""All warnings of an answer together; beyond it each is cut to `MAX_CUT_CHARACTERS`."""
MAX_CUT_CHARACTERS = 256


def dumps(value: Any) -> bytes:
    """Encode a tree as compact JSON."""
    return orjson.dumps(value, option=orjson.OPT_PASSTHROUGH_SUBCLASS)


def dumps_to_keep(value: Any) -> bytes:
    """Encode a tree that is kept: `dumps` leaves a buffer several times as long alive behind its result."""
    return bytes(memoryview(dumps(value)))


def encode(body: bytes, encoding: Encoding) -> bytes:
    """Return a JSON body in the negotiated form."""
    if encoding.media == "protobuf":
        from pilothouse.api.scheme.protobuf import encode_protobuf

        return encode_protobuf(orjson.loads(body))
    if encoding.media == "yaml":
        import yaml

        dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
        text: str = yaml.dump(orjson.loads(body), Dumper=dumper, default_flow_style=False, sort_keys=True)
        return text.encode()
    if encoding.pretty:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2)
    return body


def fitting(warnings: list[str]) -> list[str]:
    """Return the warnings an answer has room for: the first ones, cut where all of them are too long."""
    warnings = warnings[:MAX_WARNINGS]
    if sum(map(len, warnings)) <= MAX_WARNED_CHARACTERS:
        return warnings
    kept, size = [], 0
    for warning in warnings:
        if size >= MAX_WARNED_CHARACTERS:
            break
        kept.append(warning[:MAX_CUT_CHARACTERS])
        size += len(kept[-1])
    return kept


def answer(body: bytes, status: int = 200, encoding: Encoding = PLAIN, warnings: list[str] | None = None) -> Response:
    """Return a response with an encoded JSON body."""
    if encoding is not PLAIN:
        body = encode(body, encoding)
    headers = list(CACHE_HEADERS)
    for warning in fitting(warnings) if warnings else ():
        headers.append(("warning", f"299 - {quote(warning)}"))
    return Response(status, body, headers, encoding.content_type)


def answer_tree(value: Any, status: int = 200, encoding: Encoding = PLAIN, warnings: list[str] | None = None) -> Response:
    """Return a response with a tree as body."""
    return answer(dumps(value), status, encoding, warnings)


def text_answer(text: str, status: int = 200) -> Response:
    """Return a plain text response."""
    headers = [*CACHE_HEADERS, ("x-content-type-options", "nosniff")]
    return Response(status, text.encode(), headers, TEXT)


def error_answer(error: PilothouseError, warnings: list[str] | None = None, accept: str = "") -> Response:
    """Return the response of a failure: JSON, unless the Accept header knows protobuf only."""
    if isinstance(error, PlainError):
        return text_answer(error.message + "\n", error.code)
    if not isinstance(error, StatusError):
        reason = "BadRequest" if isinstance(error, BadRequest) else error.reason
        message = f"{error.message}; {error.fix}" if isinstance(error, StoreStopped) and error.fix else error.message
        error = StatusError(error.http_code, reason, message, retry_after_s=error.retry_after_s)
    encoding = Encoding(media="protobuf") if accept.endswith("kubernetes.protobuf") and "json" not in accept else PLAIN
    response = answer_tree(error.body(), error.code, encoding, warnings)
    seconds = error.retry_after_s or (error.details or {}).get("retryAfterSeconds", 0)
    if seconds:
        response.headers.append(("retry-after", str(int(seconds))))
    return response
