"""When answers are compressed, and that they are what they were."""

import asyncio
import gzip

import pytest

from pilothouse.wire.http.compress import compressed, is_worth_it
from pilothouse.wire.http.messages import Request, Response


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("gzip", True),
        ("br, GZIP ;q=0.5", False),
        ("deflate, gzip;q=0.5", True),
        ("gzip; q=0", False),
        ("", False),
        ("xgzip", False),
    ],
)
def test_only_clients_that_ask_get_it(wanted: str, expected: bool) -> None:
    assert is_worth_it(Request("GET", "/", headers={"accept-encoding": wanted}), Response(200)) is expected


def test_failures_heads_and_what_is_compressed_already_stay() -> None:
    asking = {"accept-encoding": "gzip"}
    assert not is_worth_it(Request("GET", "/", headers=asking), Response(500))
    assert not is_worth_it(Request("HEAD", "/", headers=asking), Response(200))
    assert not is_worth_it(Request("GET", "/", headers=asking), Response(200, headers=[("content-encoding", "br")]))


def test_the_body_comes_back() -> None:
    response, body = Response(200, headers=[("a", "b")]), b"pod " * 50_000
    squeezed = asyncio.run(compressed(response, body))
    assert gzip.decompress(squeezed) == body and len(squeezed) < len(body) / 50
    assert response.headers == [("a", "b"), ("content-encoding", "gzip"), ("vary", "Accept-Encoding")]
