"""What the rules of one container need to know of its Pod."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

Obj = dict[str, Any]


class Surroundings(msgspec.Struct, frozen=True):
    """The Pod around a container."""

    volumes: dict[str, Obj]
    """The valid volumes by name."""
    claims: list[str]
    """The names of resource claims."""
    grace_period_s: int | None
    restart_policy: str
    has_host_users: bool
    os: str | None
    """The operating system, None when it is not stated."""


def surroundings(spec: Obj, volumes: dict[str, Obj]) -> Surroundings:
    """Return what the containers of a spec share."""
    os = spec.get("os")
    return Surroundings(
        volumes,
        [claim["name"] for claim in spec.get("resourceClaims") or () if claim.get("name")],
        spec.get("terminationGracePeriodSeconds"),
        spec.get("restartPolicy", ""),
        spec.get("hostUsers") is not False,
        None if os is None else os.get("name", ""),
    )


def every_container(spec: Obj, path: str) -> Iterator[tuple[Obj, str]]:
    """Yield all containers of a spec with their paths, in the order in which rules about the whole Pod see them."""
    for key in ("initContainers", "containers", "ephemeralContainers"):
        for index, container in enumerate(spec.get(key) or ()):
            yield container, f"{path}.{key}[{index}]"
