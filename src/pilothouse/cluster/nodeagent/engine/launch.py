"""From a container, its image and its environment to a launch: command, folder, identity, limits.

The rules are those of the CRI: `command` replaces the image's entrypoint and drops its cmd, `args` replaces the cmd; the
container's security context wins over the Pod's; a limit without a request is also the request.
"""

from __future__ import annotations

import posixpath
from typing import Any

import msgspec

from pilothouse.api.oci import Execution
from pilothouse.api.quantity import parse_quantity, to_milli
from pilothouse.cluster.nodeagent.engine.env import expand
from pilothouse.cluster.nodeagent.errors import ConfigMissing, StartFailed
from pilothouse.cluster.nodeagent.types import Json, PodState

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SIGNALS = {
    "SIGHUP": 1, "SIGINT": 2, "SIGQUIT": 3, "SIGKILL": 9, "SIGUSR1": 10, "SIGUSR2": 12, "SIGTERM": 15, "SIGWINCH": 28,
}  # fmt: skip


class Identity(msgspec.Struct, frozen=True):
    """Who the program runs as and what it may do."""

    uid: int | None = None
    gid: int | None = None
    groups: tuple[int, ...] = ()
    is_readonly_root: bool = False
    is_privileged: bool = False
    no_new_privileges: bool = False
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()


def command_of(container: Json, execution: Execution, env: dict[str, str]) -> tuple[str, ...]:
    """Return the program and its arguments; raises StartFailed when there is none."""
    command = [expand(str(word), env) for word in container.get("command") or []]
    arguments = [expand(str(word), env) for word in container.get("args") or []]
    if not command:
        command = list(execution.entrypoint or [])
        arguments = arguments or list(execution.cmd or [])
    argv = tuple(command + arguments)
    if not argv:
        raise StartFailed("no command specified", fix="give the container a command, or build the image with CMD")
    return argv


def is_finite(pod: Json, container: Json) -> bool:
    """Whether the container is meant to end: an init container that is no sidecar, or one of a Pod not restarted always."""
    if container.get("restartPolicy") == "Always":
        return False
    is_init = any(each["name"] == container["name"] for each in pod["spec"].get("initContainers") or ())
    return is_init or pod["spec"].get("restartPolicy", "Always") != "Always"


def image_env(execution: Execution) -> dict[str, str]:
    """Return the variables an image sets, with a PATH in any case."""
    pairs = [entry.partition("=") for entry in execution.env or []]
    return {"PATH": DEFAULT_PATH, **{name: value for name, _, value in pairs}}


def workdir_of(container: Json, execution: Execution) -> str:
    """Return the working directory."""
    return posixpath.join("/", str(container.get("workingDir") or execution.working_dir or "/"))


def identity_of(pod: Json, container: Json, execution: Execution) -> Identity:
    """Return the identity; raises ConfigMissing when runAsNonRoot forbids it."""
    outer, inner = pod["spec"].get("securityContext") or {}, container.get("securityContext") or {}
    image_user, _, image_group = execution.user.partition(":")
    uid = _first(inner.get("runAsUser"), outer.get("runAsUser"), int(image_user) if image_user.isdigit() else None)
    gid = _first(inner.get("runAsGroup"), outer.get("runAsGroup"), int(image_group) if image_group.isdigit() else None)
    if _first(inner.get("runAsNonRoot"), outer.get("runAsNonRoot")) and uid == 0:
        raise ConfigMissing(
            "container's runAsUser breaks non-root policy", fix="set securityContext.runAsUser to a number above 0"
        )
    groups = [*(outer.get("supplementalGroups") or []), *([outer["fsGroup"]] if outer.get("fsGroup") is not None else [])]
    capabilities = inner.get("capabilities") or {}
    return Identity(
        uid,
        gid,
        tuple(int(group) for group in groups),
        bool(inner.get("readOnlyRootFilesystem")),
        bool(inner.get("privileged")),
        inner.get("allowPrivilegeEscalation") is False,
        tuple(str(name).removeprefix("CAP_") for name in capabilities.get("add") or []),
        tuple(str(name).removeprefix("CAP_") for name in capabilities.get("drop") or []),
    )


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def limits_of(container: Json) -> tuple[int, int, int]:
    """Return memory limit in bytes, CPU limit in thousandths, and CPU shares; 0 means none."""
    resources = container.get("resources") or {}
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    memory = parse_quantity(limits["memory"]) if "memory" in limits else 0
    cpu = to_milli(limits["cpu"]) if "cpu" in limits else 0
    wanted = to_milli(requests["cpu"]) if "cpu" in requests else cpu
    return int(memory), cpu, max(2, wanted * 1024 // 1000) if wanted else 0


def stop_signal_of(container: Json, execution: Execution) -> int:
    """Return the number of the signal that asks the program to stop."""
    name = str((container.get("lifecycle") or {}).get("stopSignal") or execution.stop_signal or "SIGTERM").upper()
    if name.isdigit():
        return int(name)
    return SIGNALS.get(name if name.startswith("SIG") else f"SIG{name}", 15)


def hostname_of(pod: Json) -> str:
    """Return the Pod's host name."""
    return str(pod["spec"].get("hostname") or pod["metadata"]["name"])[:63]


def hosts_file(pod: Json, address: str) -> str:
    """Return the Pod's /etc/hosts."""
    name, subdomain = hostname_of(pod), pod["spec"].get("subdomain")
    full = f"{name}.{subdomain}.{pod['metadata']['namespace']}.svc.cluster.local\t{name}" if subdomain else name
    lines = ["127.0.0.1\tlocalhost", "::1\tlocalhost ip6-localhost ip6-loopback", f"{address}\t{full}"]
    for alias in pod["spec"].get("hostAliases") or []:
        lines.append(f"{alias.get('ip')}\t" + "\t".join(str(one) for one in alias.get("hostnames") or []))
    return "\n".join(lines) + "\n"


def named_ports(container: Json) -> dict[str, int]:
    """Return the container's named ports."""
    return {str(port["name"]): int(port["containerPort"]) for port in container.get("ports") or [] if port.get("name")}


def port_conflict(pod: Json, others: list[tuple[Json, PodState]]) -> str:
    """Return why the Pod cannot share the machine's network with `others`, or an empty text.

    Only asked where Pods have no network of their own: two running Pods that declare the same port would collide.
    """
    mine = declared_ports(pod)
    for other, state in others:
        if not any(known.is_running for known in state.containers.values()):
            continue
        both = mine & declared_ports(other)
        if both:
            owner = f"{other['metadata']['namespace']}/{other['metadata']['name']}"
            return f"port {min(both)} is used by Pod {owner} already"
    return ""


def declared_ports(pod: Json) -> set[int]:
    """Return every container port the Pod declares."""
    return {int(port["containerPort"]) for c in pod["spec"].get("containers") or [] for port in c.get("ports") or []}
