"""Control planes for tests, and the parts around them: disks that lose power, history checkers, fault plans, virtual time.

`Environment` is a whole control plane of its own for one test, reachable in process and over TLS; the pytest fixture
`control_plane` and the command `pilothouse test` hand one out. Importing this package imports nothing else: test suites that do
not use it pay nothing for the plugin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pilothouse.testing.conditions import NotReached
    from pilothouse.testing.environment import Environment

__all__ = ["Environment", "NotReached"]


def __getattr__(name: str) -> Any:
    if name == "Environment":
        from pilothouse.testing.environment import Environment

        return Environment
    if name == "NotReached":
        from pilothouse.testing.conditions import NotReached

        return NotReached
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
