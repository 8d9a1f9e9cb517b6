"""What the checks of all levels share: which containers there are, and how the offenders are named."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, NamedTuple

Obj = dict[str, Any]


class Violation(NamedTuple):
    """What a check found."""

    reason: str
    detail: str

    def text(self) -> str:
        """Return both, as messages show them."""
        return f"{self.reason} ({self.detail})" if self.detail else self.reason


Check = Callable[[Obj, Obj], Violation | None]
"""A check: (Pod spec, annotations of the Pod) -> what is wrong."""


def containers(spec: Obj) -> Iterator[Obj]:
    """Yield every container of a Pod, those that run first first."""
    for field in ("initContainers", "containers", "ephemeralContainers"):
        yield from spec.get(field) or ()


def context(owner: Obj) -> Obj:
    """Return the securityContext of a Pod spec or a container."""
    found: Obj = owner.get("securityContext") or {}
    return found


def offenders(spec: Obj, is_bad: Callable[[Obj], bool]) -> list[str]:
    """Return the names of the containers a rule does not hold for."""
    return [container["name"] for container in containers(spec) if is_bad(container)]


def quoted(items: Iterable[str]) -> str:
    """Return names in quotes, separated by commas."""
    return ", ".join(f'"{item}"' for item in items)


def plural(word: str, items: Collection[Any]) -> str:
    """Return a word in the number of its items."""
    return word if len(items) == 1 else word + "s"


def named(names: Collection[str], word: str = "container") -> str:
    """Return `container "a"` or `containers "a", "b"`."""
    return f"{plural(word, names)} {quoted(names)}"


def setters(is_pod_bad: bool, names: Collection[str]) -> str:
    """Return who set something: the Pod, containers, or both; empty for nobody."""
    parts = ["pod"] if is_pod_bad else []
    if names:
        parts.append(named(names))
    return " and ".join(parts)


def is_windows(spec: Obj) -> bool:
    """Whether a Pod says it runs on Windows, where some fields cannot be set."""
    return bool((spec.get("os") or {}).get("name") == "windows")


def has_own_users(spec: Obj) -> bool:
    """Whether a Pod runs in a user namespace of its own, where its root is nobody."""
    return spec.get("hostUsers") is False
