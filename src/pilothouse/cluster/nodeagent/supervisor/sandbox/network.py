"""The node's private network: a bridge in the supervisor's own namespace, one cable per Pod.

Three modes, found by trying: `root` (plain namespaces), `userns` (the same inside a user namespace, for ordinary users) and
`none` (the kernel refuses, or PILOTHOUSE_SANDBOX=none: Pods share the machine's network). The supervisor stays in the node's
namespace; whoever needs to talk to Pods (service proxy, probes) asks for sockets made there. No Pod can reach beyond this
network: there is no route to the outside.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator

from pilothouse.cluster.nodeagent.supervisor.sandbox import syscalls
from pilothouse.cluster.nodeagent.supervisor.sandbox.netlink import Netlink

BRIDGE = "ph0"
MACHINE = "machine"
"""Name of the sandbox that is no sandbox: the machine's own network."""


def enter_private_network(wanted: str) -> tuple[str, str]:
    """Leave the machine's namespaces; return the mode reached and, for `none`, why.

    `wanted` is `auto`, `root`, `userns` or `none`. Must run in a single-threaded process.
    """
    if wanted == "none":
        return "none", "switched off by configuration"
    if os.geteuid() == 0 and wanted in {"auto", "root"}:
        try:
            syscalls.unshare(syscalls.CLONE_NEWNET | syscalls.CLONE_NEWNS)
        except OSError as error:
            reason = str(error)
        else:
            return "root", ""
        if wanted == "root":
            return "none", reason
    uid, gid = os.geteuid(), os.getegid()
    try:
        syscalls.unshare(syscalls.CLONE_NEWUSER | syscalls.CLONE_NEWNET | syscalls.CLONE_NEWNS)
        _map_user(uid, gid)
    except OSError as error:
        return "none", f"user namespaces are not allowed here ({error})"
    return "userns", ""


def _map_user(uid: int, gid: int) -> None:
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def _allow_low_ports() -> None:
    for name, value in (("ip_unprivileged_port_start", "0"), ("ping_group_range", "0 2147483647")):
        with contextlib.suppress(OSError), open(f"/proc/sys/net/ipv4/{name}", "w") as file:
            file.write(value)


class NodeNetwork:
    """Namespaces and cables of the Pods; in mode `none` only their names."""

    def __init__(
        self, mode: str, machine_fd: int = -1, gateway: str = "10.244.0.1", prefix: int = 16, services: str = "10.96.0.0/16"
    ) -> None:
        """Build the node's side; raises OSError when bridges or virtual cables are missing from the kernel.

        `machine_fd` is the machine's own network namespace, opened before it was left: Pods with hostNetwork enter it.
        """
        self.mode = mode
        self._machine_fd = machine_fd
        self._gateway, self._prefix = gateway, prefix
        self.namespaces: dict[str, int] = {}
        self.addresses: dict[str, str] = {}
        if mode == "none":
            return
        syscalls.mount("none", "/", "", syscalls.MS_REC | syscalls.MS_SLAVE)
        self._home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self._links = Netlink()
        loopback = self._links.index("lo")
        self._links.up(loopback)
        self._links.add_bridge(BRIDGE)
        self._bridge = self._links.index(BRIDGE)
        self._links.add_address(self._bridge, gateway, prefix)
        self._links.up(self._bridge)
        network, _, length = services.partition("/")
        self._links.add_route(loopback, network, int(length), is_local=True)
        _allow_low_ports()

    def create(self, sandbox: str, address: str) -> None:
        """Give `sandbox` a network namespace with `address`; a second call for the same sandbox changes nothing."""
        if sandbox in self.addresses:
            return
        if self.mode == "none":
            self.addresses[sandbox] = address
            return
        fd, links = self._new_namespace()
        name = self._cable_name(address)
        try:
            self._links.add_cable(name, "eth0", fd, self._bridge)
            self._links.up(self._links.index(name))
            index = links.index("eth0")
            links.add_address(index, address, self._prefix)
            links.up(index)
            links.add_route(index, "0.0.0.0", 0, gateway=self._gateway)
        except OSError:
            os.close(fd)
            raise
        finally:
            links.close()
        self.namespaces[sandbox], self.addresses[sandbox] = fd, address

    def _new_namespace(self) -> tuple[int, Netlink]:
        try:
            syscalls.unshare(syscalls.CLONE_NEWNET)
            fd = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
            links = Netlink()
            links.up(links.index("lo"))
            _allow_low_ports()
        finally:
            syscalls.setns(self._home, syscalls.CLONE_NEWNET)
        return fd, links

    @staticmethod
    def _cable_name(address: str) -> str:
        return "ph" + socket.inet_aton(address)[2:].hex()

    def remove(self, sandbox: str) -> None:
        """Take the sandbox's cable and namespace away."""
        address = self.addresses.pop(sandbox, "")
        fd = self.namespaces.pop(sandbox, -1)
        if fd < 0:
            return
        os.close(fd)
        with contextlib.suppress(OSError):
            self._links.remove(self._cable_name(address))

    def enter(self, sandbox: str) -> None:
        """Move the calling (freshly forked) process into the sandbox's network."""
        if sandbox in self.namespaces:
            syscalls.setns(self.namespaces[sandbox], syscalls.CLONE_NEWNET)
        elif sandbox == MACHINE and self.mode == "root" and self._machine_fd >= 0:
            syscalls.setns(self._machine_fd, syscalls.CLONE_NEWNET)

    @contextlib.contextmanager
    def inside(self, sandbox: str) -> Iterator[None]:
        """Stay in a sandbox's network for the block: sockets made there reach its loopback. Unknown ones change nothing."""
        fd = self.namespaces.get(sandbox, -1)
        if fd < 0:
            yield
            return
        syscalls.setns(fd, syscalls.CLONE_NEWNET)
        try:
            yield
        finally:
            syscalls.setns(self._home, syscalls.CLONE_NEWNET)
