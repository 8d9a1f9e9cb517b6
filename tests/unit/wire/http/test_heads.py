"""Heads of responses."""

import socket

from pilothouse.wire.http.heads import head_of, notice_dead_peers
from pilothouse.wire.http.messages import Response


def test_a_head_states_length_type_and_end_of_the_connection() -> None:
    assert head_of(Response(200, b"", [("x", "1")]), 3, keep_alive=True) == (
        b"HTTP/1.1 200 OK\r\nx: 1\r\ncontent-type: application/json\r\ncontent-length: 3\r\n\r\n"
    )
    assert head_of(Response(200, content_type=""), None, keep_alive=False).endswith(
        b"OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
    )
    assert head_of(Response(204, content_type=""), 0, keep_alive=True) == b"HTTP/1.1 204 No Content\r\n\r\n"
    assert head_of(Response(299, content_type=""), 0, keep_alive=True).startswith(b"HTTP/1.1 299 Status\r\n")


def test_accepted_sockets_notice_dead_peers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        notice_dead_peers(listening.fileno())
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60
