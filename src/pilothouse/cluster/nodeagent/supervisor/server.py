"""The supervisor's Unix socket server: connections, requests, answers and announcements.

Knows nothing about programs: `loop` gives it a table of operations. An operation gets the connection, the message and the
descriptors that came with it (closed afterwards), and returns the answer, or None when it answers later through `send`.
"""

from __future__ import annotations

import os
import selectors
import socket
from collections.abc import Callable

from pilothouse.cluster.nodeagent.supervisor.protocol import Broken, Channel, Message

Operation = Callable[[socket.socket, Message, list[int]], Message | None]


class Refused(Exception):
    """A request that cannot be done; its text goes back to the agent."""


class Server:
    """All connections of the supervisor."""

    def __init__(self, selector: selectors.BaseSelector, dropped: Callable[[socket.socket], None]) -> None:
        """Register with `selector`; `dropped` is told about every connection that ended."""
        self._selector, self._dropped = selector, dropped
        self._channels: dict[socket.socket, Channel] = {}
        self._watchers: set[socket.socket] = set()
        self.operations: dict[str, Operation] = {}

    def listen(self, server: socket.socket) -> None:
        """Accept connections from `server` while the selector runs."""
        server.setblocking(False)
        self._selector.register(server, selectors.EVENT_READ, lambda: self._accept(server))

    def _accept(self, server: socket.socket) -> None:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        connection.setblocking(False)
        raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        if int.from_bytes(raw[4:8], "little") not in {0, os.geteuid()}:
            connection.close()
            return
        self._channels[connection] = Channel(connection)
        self._selector.register(connection, selectors.EVENT_READ, lambda: self._serve(connection))

    def _serve(self, connection: socket.socket) -> None:
        channel = self._channels.get(connection)
        if channel is None:
            return  # dropped by an event of the same turn
        try:
            channel.flush()
            channel.receive()
            while (message := channel.take()) is not None:
                self._answer(connection, message, channel.take_fds())
        except BlockingIOError:
            pass
        except (Broken, OSError):
            self.drop(connection)
            return
        self._watch_writes(connection)

    def _answer(self, connection: socket.socket, message: Message, fds: list[int]) -> None:
        try:
            operation = self.operations.get(str(message.get("op")))
            if operation is None:
                raise Refused(f"unknown operation {message.get('op')!r}")
            answer = operation(connection, message, fds)
        except KeyError as error:
            answer = {"error": f"missing field {error}"}
        except (Refused, OSError, ValueError, TypeError) as error:
            answer = {"error": str(error)}
        finally:
            for fd in fds:
                os.close(fd)
        if answer is not None:
            self.send(connection, {**answer, "seq": message.get("seq", 0)})

    def send(self, connection: socket.socket, message: Message, fds: list[int] | None = None) -> None:
        """Send `message`, now or when the reader has room; a connection that is gone is ignored."""
        channel = self._channels.get(connection)
        if channel is None:
            return
        try:
            channel.send(message, fds)
        except OSError:
            self.drop(connection)
            return
        self._watch_writes(connection)

    def _watch_writes(self, connection: socket.socket) -> None:
        channel = self._channels.get(connection)
        if channel is not None:
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if channel.outgoing else 0)
            self._selector.modify(connection, events, lambda: self._serve(connection))

    def drop(self, connection: socket.socket) -> None:
        """End a connection."""
        channel = self._channels.pop(connection, None)
        if channel is None:
            return
        self._selector.unregister(connection)
        self._watchers.discard(connection)
        channel.close()
        self._dropped(connection)

    def watch(self, connection: socket.socket) -> Message:
        """Send every announcement to `connection` from now on."""
        self._watchers.add(connection)
        return {}

    def announce(self, event: Message) -> None:
        """Tell all watchers."""
        for connection in list(self._watchers):
            self.send(connection, event)
