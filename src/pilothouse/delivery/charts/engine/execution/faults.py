"""The failures a running template can meet, before and after their position is known.

Helpers and functions raise a fault without a position. `execution.trace` finds the place from the traceback and turns it into
an ExecError with Go's full message.
"""

from __future__ import annotations

import msgspec


class FunctionError(Exception):
    """A template function returned an error; the message is the error's text."""

    inner: ExecError | None = None


class Fault(Exception):
    """Evaluation failed at the node being evaluated; `inner` is the error of a template called from there."""

    def __init__(self, message: str, inner: Exception | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.inner = inner


class ArgumentFault(Fault):
    """An argument has the wrong type; the position is that argument's."""

    def __init__(self, index: int, expected: str, got: str | None) -> None:
        super().__init__("")
        self.index = index
        self.expected = expected
        self.got = got


class BudgetExceeded(Exception):
    """A limit of the engine was reached; the message names the limit."""


class Place(msgspec.Struct, frozen=True):
    """Where a template stopped: the file, its source, the offset and the text of the node, and what was wrong there."""

    file: str
    source: str
    pos: int
    line: int
    column: int
    node: str
    message: str


class ExecError(Exception):
    """A template failed: the full message as Go prints it, the error it wraps, and the place, as far as they are known."""

    def __init__(self, text: str, inner: Exception | None = None, place: Place | None = None) -> None:
        super().__init__(text)
        self.inner = inner
        self.place = place
