"""The supervisor's connections, where one event ends what another of the same turn is about."""

from __future__ import annotations

import selectors
import socket
from pathlib import Path

from pilothouse.cluster.nodeagent.supervisor.protocol import Channel
from pilothouse.cluster.nodeagent.supervisor.server import Server


def turn(selector: selectors.BaseSelector) -> int:
    ready = selector.select(1)
    for key, _ in ready:
        key.data()
    return len(ready)


def connected(selector: selectors.BaseSelector, path: str) -> Channel:
    client = Channel(socket.socket(socket.AF_UNIX))
    client.sock.connect(path)
    turn(selector)
    return client


def test_a_connection_may_be_dropped_by_an_event_of_the_same_turn(tmp_path: Path) -> None:
    with selectors.DefaultSelector() as selector, socket.socket(socket.AF_UNIX) as listening:
        known: list[socket.socket] = []
        dropped: list[socket.socket] = []
        server = Server(selector, dropped.append)
        listening.bind(str(tmp_path / "s"))
        listening.listen()
        server.listen(listening)
        clients = [connected(selector, str(tmp_path / "s")) for _ in range(2)]

        def drop_others(connection: socket.socket, _message: object, _fds: object) -> dict[str, object]:
            for other in [one for one in known if one is not connection]:
                server.drop(other)
            return {}

        server.operations = {"meet": lambda connection, _m, _f: known.append(connection) or {}, "drop": drop_others}
        for operation in ("meet", "drop"):
            for client in clients:
                client.send({"op": operation})
            assert turn(selector) == 2
        assert len(dropped) == 1
        for client in clients:
            client.close()
        for connection in known:
            server.drop(connection)
