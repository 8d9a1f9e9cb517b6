"""One request on its way through mutation: its object as it is now, and who wants to see it again.

A policy or hook with `reinvocationPolicy: IfNeeded` runs once more when something changed the object after it ran, so that what
one adds is seen by all. Source: the reinvocation rules of the reference server.
"""

from __future__ import annotations

from pilothouse.cluster.apiserver.admission.dynamic.matching import Attributes
from pilothouse.cluster.apiserver.context import Call, Obj


class Round:
    """What policies and hooks share while they change one object."""

    __slots__ = ("_ran", "_wanted", "asked", "call", "has_changed", "is_again", "output")

    def __init__(self, call: Call, asked: Attributes) -> None:
        """Begin with the object as it was asked for."""
        self.call, self.asked = call, asked
        self.has_changed = self.is_again = False
        self.output: Obj | None = None
        """The object as the first pass left it."""
        self._ran: set[str] = set()
        self._wanted: set[str] = set()

    def is_due(self, uid: str) -> bool:
        """Whether a policy or hook is to run in this pass."""
        return not self.is_again or uid in self._wanted

    def ran(self, uid: str, *, is_reinvocable: bool) -> None:
        """Remember one that may have to run again."""
        if is_reinvocable:
            self._ran.add(uid)

    def replace(self, obj: Obj) -> None:
        """Go on with a changed object: whoever ran before and asked for it is to see it."""
        self.asked.obj = obj
        self.has_changed = True
        self._revisit()

    def begin_again(self, obj: Obj) -> bool:
        """Start the second pass with the object as the built-in stages left it; whether anybody is to run in it."""
        self.is_again = True
        if obj != self.output:
            self._revisit()
        self.asked.obj = obj
        return bool(self._wanted)

    def _revisit(self) -> None:
        self._wanted |= self._ran
        self._ran.clear()
