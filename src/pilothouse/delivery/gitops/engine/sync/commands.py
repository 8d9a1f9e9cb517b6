"""What a sync asks its surroundings to do. The engine yields commands and is sent answers; it never waits itself."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

import msgspec

from pilothouse.api.meta import Tree
from pilothouse.kit.errors import PilothouseError

T = TypeVar("T")


class Discover(msgspec.Struct, frozen=True):
    """Ask whether a kind is served; the answer is whether it is namespaced, or NotFound."""

    api_version: str
    kind: str


class Apply(msgspec.Struct, frozen=True):
    """Write an object; the answer is a message."""

    target: Tree
    command: str
    """apply, create, replace or update."""
    is_hook: bool = False
    is_dry_run: bool = False
    is_server_side: bool = False
    force: bool = False
    validate: bool = True
    manager: str = ""
    live: Tree | None = None


class Delete(msgspec.Struct, frozen=True):
    """Ask for the removal of a live object."""

    tree: Tree
    propagation: str


class RemoveFinalizer(msgspec.Struct, frozen=True):
    """Take the hook finalizer off a live object."""

    tree: Tree


class Read(msgspec.Struct, frozen=True):
    """Read an object from the API server itself; the answer is the object, or NotFound."""

    tree: Tree


class Judge(msgspec.Struct, frozen=True):
    """Ask for the health of a live object; the answer is a Health, or None where the kind has no check."""

    tree: Tree


class MigrateFields(msgspec.Struct, frozen=True):
    """Give the fields of a client-side manager to the server-side one."""

    live: Tree
    old_manager: str
    new_manager: str


class WaveDone(msgspec.Struct, frozen=True):
    """Tell that a wave was applied; an error ends the sync."""

    phase: str
    wave: int
    is_final: bool


Command = Discover | Apply | Delete | RemoveFinalizer | Read | Judge | MigrateFields | WaveDone


class Answer(msgspec.Struct, frozen=True):
    """What came of a command."""

    value: Any = None
    error: PilothouseError | None = None

    @property
    def text(self) -> str:
        """The error as a message."""
        return "" if self.error is None else self.error.message


Steps = Generator[Command, Answer, T]
