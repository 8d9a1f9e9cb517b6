"""Frames on the supervisor's Unix socket: four length bytes, JSON, and file descriptors beside them.

Shared by the supervisor (non-blocking, `Channel`) and its client (blocking calls in `adapters`). Paths of Unix sockets are
limited to 107 bytes, data directories are not: `reach` opens the folder and addresses the socket through /proc/self/fd.
"""

from __future__ import annotations

import array
import json
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Message = dict[str, Any]
else:
    Message = dict

MAX_FRAME_BYTES = 8 << 20
MAX_FDS = 32
_HEADER = struct.Struct(">I")


class Broken(Exception):
    """The other side closed the connection or sent something that is no frame."""


@contextmanager
def reach(path: str) -> Iterator[str]:
    """Yield a short address for the Unix socket at `path`, valid inside the block only."""
    folder = os.open(os.path.dirname(path) or ".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{os.path.basename(path)}"
    finally:
        os.close(folder)


def encode(message: Message) -> bytes:
    """Return the frame of `message`."""
    body = json.dumps(message, separators=(",", ":")).encode()
    return _HEADER.pack(len(body)) + body


class Channel:
    """One connection: collects bytes and descriptors until a whole message is there."""

    def __init__(self, sock: socket.socket) -> None:
        """Take over `sock`, blocking or not."""
        self.sock = sock
        self.incoming = bytearray()
        self.fds: list[int] = []
        self.outgoing = bytearray()

    def close(self) -> None:
        """Close the socket and every descriptor nobody took."""
        self.sock.close()
        for fd in self.fds:
            os.close(fd)
        self.fds = []

    def receive(self) -> None:
        """Read once; raises Broken at the end of the stream and BlockingIOError when nothing is there."""
        data, ancillary, _, _ = self.sock.recvmsg(65536, socket.CMSG_SPACE(MAX_FDS * 4), socket.MSG_CMSG_CLOEXEC)
        for level, kind, payload in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                numbers = array.array("i")
                numbers.frombytes(payload[: len(payload) - len(payload) % 4])
                self.fds.extend(numbers)
        if not data:
            raise Broken("connection closed")
        self.incoming += data

    def take(self) -> Message | None:
        """Return the next complete message, or None; raises Broken when the bytes are no frame."""
        if len(self.incoming) < 4:
            return None
        (size,) = _HEADER.unpack_from(self.incoming)
        if size > MAX_FRAME_BYTES:
            raise Broken(f"frame of {size} bytes is over the limit of {MAX_FRAME_BYTES}")
        if len(self.incoming) < 4 + size:
            return None
        body = bytes(self.incoming[4 : 4 + size])
        del self.incoming[: 4 + size]
        try:
            message = json.loads(body)
        except ValueError as error:
            raise Broken(f"frame is not JSON: {error}") from error
        if not isinstance(message, dict):
            raise Broken("frame is not an object")
        return message

    def take_fds(self) -> list[int]:
        """Hand over the descriptors received so far; the caller closes them."""
        fds, self.fds = self.fds, []
        return fds

    def send(self, message: Message, fds: list[int] | None = None) -> None:
        """Send at once as much as fits, keep the rest for `flush`; descriptors ride on the first byte."""
        frame = encode(message)
        if fds:
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))]
            sent = self.sock.sendmsg([frame], rights)
            frame = frame[sent:]
        self.outgoing += frame
        self.flush()

    def flush(self) -> bool:
        """Write what is pending; returns True when nothing is left."""
        while self.outgoing:
            try:
                sent = self.sock.send(self.outgoing)
            except BlockingIOError:
                return False
            del self.outgoing[:sent]
        return True

    def wait(self) -> Message:
        """Block until the next message (blocking sockets only)."""
        while (message := self.take()) is None:
            self.receive()
        return message
