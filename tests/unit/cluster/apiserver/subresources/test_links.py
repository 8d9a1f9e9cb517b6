"""Links of pages and redirects below their proxy path."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from pilothouse.cluster.apiserver.subresources import links
from pilothouse.cluster.apiserver.subresources.links import rewrite_page, rewritten, with_links
from pilothouse.wire.http.messages import Response

PREFIX = "/api/v1/namespaces/ns/pods/p/proxy"
HOSTS = frozenset(("10.244.0.9:80", "api"))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/x?a=1#b", f"{PREFIX}/x?a=1#b"),
        ("http://10.244.0.9:80/x/", f"{PREFIX}/x/"),
        ("//api/x", f"{PREFIX}/x"),
        ("https://example.com/x", "https://example.com/x"),
        ("x/y", "x/y"),
        ("", ""),
        (f"{PREFIX}/x", f"{PREFIX}/x"),
        ("mailto:a@b", "mailto:a@b"),
        ("http://[broken/x", "http://[broken/x"),
    ],
)
def test_absolute_paths_of_the_program_alone(address: str, expected: str) -> None:
    assert rewritten(address, PREFIX, HOSTS) == expected


def test_attributes_that_hold_addresses() -> None:
    page = (
        b"<!doctype html><A class=x HREF=\"/rewriteme\">/stays</A><img alt='/stays' src='/i.png'><form action=/go method=post>"
        b'<p title="/stays"><a data-href="/stays" href="rel">&lt;a href="/stays"&gt;</p><script src="/s.js"></script><a href="">'
    )
    wanted = page.replace(b'"/rewriteme"', f'"{PREFIX}/rewriteme"'.encode()).replace(b"'/i.png'", f"'{PREFIX}/i.png'".encode())
    wanted = wanted.replace(b"action=/go", f"action={PREFIX}/go".encode()).replace(b'"/s.js"', f'"{PREFIX}/s.js"'.encode())
    assert rewrite_page(page, PREFIX, HOSTS) == wanted


@pytest.mark.parametrize(
    ("kind", "encoding", "limit", "expected"),
    [
        ("text/html", "", 1000, f'<a href="{PREFIX}/x">'.encode()),
        ("text/plain", "", 1000, b'<a href="/x">'),
        ("text/html", "br", 1000, b'<a href="/x">'),
        ("text/html", "", 5, b'<a href="/x">'),
    ],
)
def test_pages_are_changed_and_nothing_else(
    kind: str, encoding: str, limit: int, expected: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "MAX_PAGE_BYTES", limit)

    async def chunks() -> AsyncIterator[bytes]:
        yield b"<a hre"
        yield b'f="/x">'

    async def run() -> bytes:
        headers = [("content-encoding", encoding)] if encoding else []
        return await (await with_links(Response(200, chunks(), headers, kind), PREFIX, HOSTS)).read()

    assert asyncio.run(run()) == expected
