"""Links of proxied pages: what points to the root of the program has to point below its proxy path.

Only absolute paths are changed, in the attributes of HTML that hold addresses and in the Location of a redirect, so that a page
looked at through the API server leads back through it. Relative links work as they are, other hosts are left alone.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, AsyncIterator
from urllib.parse import urlsplit, urlunsplit

from pilothouse.wire.http.messages import Response

MAX_PAGE_BYTES = 8 << 20
_ATTRIBUTES = {
    "a": "href", "applet": "codebase", "area": "href", "audio": "src", "base": "href", "blockquote": "cite",
    "body": "background", "button": "formaction", "command": "icon", "del": "cite", "embed": "src", "form": "action",
    "frame": "longdesc src", "head": "profile", "html": "manifest", "iframe": "longdesc src", "img": "longdesc src usemap",
    "input": "formaction src usemap", "ins": "cite", "link": "href", "object": "classid codebase data usemap", "q": "cite",
    "script": "src", "source": "src", "video": "poster src",
}  # fmt: skip
_TAG = re.compile(rb"<([A-Za-z]+)(\s[^<>]*)>")
_ATTRIBUTE = re.compile(rb"""([A-Za-z][\w:-]*)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'<>]+)""")


def rewritten(address: str, prefix: str, hosts: frozenset[str]) -> str:
    """Return `address` below `prefix` when it is an absolute path of one of `hosts`, else as it is."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    if (parts.netloc and parts.netloc not in hosts) or not parts.path.startswith("/") or parts.path.startswith(prefix):
        return address
    return urlunsplit(("", "", prefix + parts.path, parts.query, parts.fragment))


def rewrite_page(page: bytes, prefix: str, hosts: frozenset[str]) -> bytes:
    """Return an HTML page with its links below `prefix`."""

    def tag(match: re.Match[bytes]) -> bytes:
        wanted = _ATTRIBUTES.get(match[1].decode().lower(), "").split()
        if not wanted:
            return match[0]

        def attribute(found: re.Match[bytes]) -> bytes:
            if found[1].decode().lower() not in wanted:
                return found[0]
            quote = found[3][:1] if found[3][:1] in (b'"', b"'") else b""
            address = found[3].strip(b"\"'").decode("latin-1")
            return found[1] + found[2] + quote + rewritten(address, prefix, hosts).encode("latin-1") + quote

        return b"<" + match[1] + _ATTRIBUTE.sub(attribute, match[2]) + b">"

    return _TAG.sub(tag, page)


async def with_links(response: Response, prefix: str, hosts: frozenset[str]) -> Response:
    """Return a proxied answer whose redirect or page leads back through the proxy; long pages stay as they are."""
    if response.header("location"):
        response.headers = [
            (name, rewritten(value, prefix, hosts) if name == "location" else value) for name, value in response.headers
        ]
        return response
    is_page = response.header("content-type").partition(";")[0].strip().lower() == "text/html"
    if not is_page or response.header("content-encoding") or isinstance(response.body, bytes):
        return response
    chunks, page = response.body, bytearray()
    async for chunk in chunks:
        page += chunk
        if len(page) > MAX_PAGE_BYTES:
            response.body = _joined(bytes(page), chunks)
            return response
    response.body = rewrite_page(bytes(page), prefix, hosts)
    return response


async def _joined(first: bytes, rest: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk
