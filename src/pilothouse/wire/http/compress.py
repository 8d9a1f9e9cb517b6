"""Compression of long answers, for clients that ask for it.

Only bodies over the size kube-apiserver uses, and only at the fastest level: the network saved must be worth the CPU. zlib
lets go of the interpreter while it works, so a long list is compressed beside the loop.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

from pilothouse.kit.aio import offload
from pilothouse.wire.http.messages import Request, Response

_GZIP_WINDOW = 31
"""zlib's number for its largest window in a gzip envelope."""
_LEVEL = 1
_HEADERS = (("content-encoding", "gzip"), ("vary", "Accept-Encoding"))
COMPRESS_BYTES = 128 << 10
"""Longer bodies are compressed for clients that ask for it, as kube-apiserver does."""


def is_worth_it(request: Request, response: Response) -> bool:
    """Whether this answer may be compressed: asked for, a success, with a body, and not compressed already."""
    wanted = request.headers.get("accept-encoding", "")
    if "gzip" not in wanted or request.method == "HEAD" or response.status != 200 or response.header("content-encoding"):
        return False
    return any(_accepts(part) for part in wanted.lower().split(","))


def _accepts(part: str) -> bool:
    name, _, options = part.strip().partition(";")
    return name.strip() == "gzip" and options.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}


async def compressed(response: Response, body: bytes) -> bytes:
    """Return the compressed body and say so in the headers of `response`."""
    response.headers = [*response.headers, *_HEADERS]
    return await offload(zlib.compress, body, _LEVEL, _GZIP_WINDOW)


def compressed_pieces(response: Response, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Return a body in pieces compressed as it goes, and say so in the headers of `response`."""
    response.headers = [*response.headers, *_HEADERS]
    return _packed(pieces)


async def _packed(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
    async for piece in pieces:
        done = await offload(packer.compress, piece)
        if done:
            yield done
    yield packer.flush()
