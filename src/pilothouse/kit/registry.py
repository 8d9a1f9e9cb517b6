"""What a capability declares about itself.

Every capability's `factory.py` holds one `CAPABILITY`; `app/standard.py` lists the factories by name. CRDs, RBAC rules, the
stability table and the command line are read from here, so nothing about a capability is written down twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal

import msgspec

from pilothouse.kit.aio import Service

Stability = Literal["alpha", "beta", "stable"]


class Capability(msgspec.Struct, frozen=True):
    """One part of the platform that can be switched on."""

    id: str
    """Dotted name, the same as the folder: `delivery.gitops`."""
    summary: str
    """One sentence for tables and help."""
    stability: Stability = "alpha"
    kinds: tuple[str, ...] = ()
    """Kinds it reconciles or serves, as `group/version/Kind`."""
    config: type[msgspec.Struct] | None = None
    """Settings with defaults; one section of the configuration file."""
    crds: Callable[[], list[dict[str, Any]]] | None = None
    """CustomResourceDefinitions to install before `start`."""
    start: Callable[..., Awaitable[Service]] | None = None
    """`start(manager, config) -> Service`, already running."""
    requires: str = ""
    """Name of the optional extra it needs, for the hint when a package is missing."""
