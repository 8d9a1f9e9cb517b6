"""Routing netlink, just enough to give each Pod an address: links, addresses, routes.

The node's private network is one bridge (`ph0`, 10.244.0.1) in the supervisor's own network namespace; each Pod gets a
virtual cable into it. Pods therefore reach each other through the kernel, a Pod's program may bind any port on all addresses,
and one listening socket per Service port in the node's namespace serves every Pod. Written against rtnetlink(7); each
request waits for its acknowledgement, so an error is reported by the call that caused it.
"""

from __future__ import annotations

import os
import socket
import struct

_NEWLINK, _DELLINK, _GETLINK, _NEWADDR, _NEWROUTE = 16, 17, 18, 20, 24
_REQUEST, _ACK, _EXCL, _CREATE = 0x1, 0x4, 0x200, 0x400
_IFLA_ADDRESS, _IFLA_IFNAME, _IFLA_MASTER, _IFLA_LINKINFO, _IFLA_NET_NS_FD, _IFLA_MTU = 1, 3, 10, 18, 28, 4
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_RTA_DST, _RTA_OIF, _RTA_GATEWAY = 1, 4, 5
_IFF_UP = 1
_NESTED = 0x8000


def _attribute(kind: int, payload: bytes) -> bytes:
    raw = struct.pack("HH", len(payload) + 4, kind) + payload
    return raw + b"\0" * (-len(raw) % 4)


def _text(kind: int, value: str) -> bytes:
    return _attribute(kind, value.encode() + b"\0")


def _number(kind: int, value: int) -> bytes:
    return _attribute(kind, struct.pack("I", value))


class Netlink:
    """One rtnetlink socket, bound for life to the network namespace it was made in."""

    def __init__(self) -> None:
        """Open the socket in the current network namespace."""
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
        self._socket.bind((0, 0))
        self._sequence = 0

    def close(self) -> None:
        """Release the socket."""
        self._socket.close()

    def _call(self, kind: int, flags: int, body: bytes, what: str) -> bytes:
        self._sequence += 1
        header = struct.pack("IHHII", 16 + len(body), kind, _REQUEST | flags, self._sequence, 0)
        self._socket.send(header + body)
        while True:
            answer = self._socket.recv(65536)
            _, reply, _, sequence, _ = struct.unpack_from("IHHII", answer)
            if sequence != self._sequence:
                continue
            if reply == 2:
                code = -struct.unpack_from("i", answer, 16)[0]
                if code:
                    raise OSError(code, f"{what}: {os.strerror(code)}")
            return answer

    def index(self, name: str) -> int:
        """Return the interface number of `name`; raises OSError when there is none."""
        body = struct.pack("BxHiII", 0, 0, 0, 0, 0) + _text(_IFLA_IFNAME, name)
        answer = self._call(_GETLINK, 0, body, f"find link {name}")
        return int(struct.unpack_from("i", answer, 20)[0])

    def up(self, index: int) -> None:
        """Switch an interface on."""
        self._call(_NEWLINK, _ACK, struct.pack("BxHiII", 0, 0, index, _IFF_UP, _IFF_UP), "switch link on")

    def add_bridge(self, name: str) -> None:
        """Create a bridge."""
        info = _attribute(_IFLA_LINKINFO | _NESTED, _attribute(1, b"bridge"))
        body = struct.pack("BxHiII", 0, 0, 0, 0, 0) + _text(_IFLA_IFNAME, name) + info
        self._call(_NEWLINK, _ACK | _CREATE | _EXCL, body, f"create bridge {name}")

    def add_cable(self, name: str, peer: str, peer_namespace_fd: int, bridge_index: int) -> None:
        """Create a pair of linked interfaces: `name` in the bridge here, `peer` in another namespace."""
        empty = struct.pack("BxHiII", 0, 0, 0, 0, 0)
        far = empty + _text(_IFLA_IFNAME, peer) + _number(_IFLA_NET_NS_FD, peer_namespace_fd)
        pair = _attribute(2 | _NESTED, _attribute(1 | _NESTED, far))
        info = _attribute(_IFLA_LINKINFO | _NESTED, _attribute(1, b"veth") + pair)
        body = empty + _text(_IFLA_IFNAME, name) + _number(_IFLA_MASTER, bridge_index) + info
        self._call(_NEWLINK, _ACK | _CREATE | _EXCL, body, f"create cable {name}")

    def remove(self, name: str) -> None:
        """Remove an interface; its peer goes with it."""
        self._call(_DELLINK, _ACK, struct.pack("BxHiII", 0, 0, 0, 0, 0) + _text(_IFLA_IFNAME, name), f"remove link {name}")

    def add_address(self, index: int, address: str, prefix: int) -> None:
        """Give an interface an IPv4 address."""
        raw = socket.inet_aton(address)
        body = struct.pack("BBBBi", socket.AF_INET, prefix, 0, 0, index)
        body += _attribute(_IFA_LOCAL, raw) + _attribute(_IFA_ADDRESS, raw)
        self._call(_NEWADDR, _ACK | _CREATE | _EXCL, body, f"add address {address}/{prefix}")

    def add_route(self, index: int, network: str, prefix: int, gateway: str = "", is_local: bool = False) -> None:
        """Route an IPv4 network to an interface, through a gateway, or (local) to this namespace itself."""
        table, kind, scope = (255, 2, 254) if is_local else (254, 1, 0 if gateway else 253)
        body = struct.pack("BBBBBBBBI", socket.AF_INET, prefix, 0, 0, table, 4, scope, kind, 0)
        if prefix:
            body += _attribute(_RTA_DST, socket.inet_aton(network))
        body += _number(_RTA_OIF, index)
        if gateway:
            body += _attribute(_RTA_GATEWAY, socket.inet_aton(gateway))
        self._call(_NEWROUTE, _ACK | _CREATE | _EXCL, body, f"add route {network}/{prefix}")
