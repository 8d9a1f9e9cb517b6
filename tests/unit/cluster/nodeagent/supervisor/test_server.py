"""The supervisor's connections, where one event ends what another of the same turn is about."""

from __future__ import annotations

import selectors
import socket
from pathlib import Path

from pilothouse.cluster.nodeagent.supervisor.protocol import Channel
from pilothouse.cluster.nodeagent.supervisor.server import Server


def test_a_connection_may_be_dropped_by_an_event_of_the_same_turn(tmp_path: Path) -> None:
    with selectors.DefaultSelector() as selector, socket.socket(socket.AF_UNIX) as listening:
        dropped: list[socket.socket] = []
        server = Server(selector, dropped.append)
        listening.bind(str(tmp_path / "s"))
        listening.listen()
        server.listen(listening)
        clients = [Channel(socket.socket(socket.AF_UNIX)) for _ in range(2)]
        for client in clients:
            client.sock.connect(str(tmp_path / "s"))
            for key, _ in selector.select(1):
                key.data()
        known: list[socket.socket] = []

        def drop_others(connection: socket.socket, _message: object, _fds: object) -> dict[str, object]:
            for other in known:
                if other is not connection:
                    server.drop(other)
            return {}

        server.operations = {"meet": lambda connection, _m, _f: known.append(connection) or {}, "drop": drop_others}
        for operation in ("meet", "drop"):
            for client in clients:
                client.send({"op": operation})
            ready = selector.select(1)
            assert len(ready) == 2
            for key, _ in ready:
                key.data()
        assert len(dropped) == 1
        for client in clients:
            client.close()
        for connection in known:
            server.drop(connection)
