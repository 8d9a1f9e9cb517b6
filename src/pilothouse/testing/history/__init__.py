"""Checkers for what a store or an API server promised: record what clients did and saw, then ask whether that could be right.

`Recorder` keeps what each client called and what came back, answers that never came included. `check_linearizable` asks whether
there is one order of all operations that explains every answer; `check_watch` whether a watch was told exactly the commits it
asked for. Both return what is wrong as a list of `Violation`, empty when nothing is. Nothing here knows Pilothouse: histories of
your own store or operator are checked the same way. Limits: the search is exponential in the number of operations that overlap on
one key, so it gives up with `Undecided` at a stated number of steps.
"""

from pilothouse.testing.history.linearizability import Undecided, check_linearizable
from pilothouse.testing.history.operations import Call, Operation, Recorder, Violation
from pilothouse.testing.history.register import KeyModel
from pilothouse.testing.history.watches import Commit, WatchRecord, check_watch

__all__ = [
    "Call", "Commit", "KeyModel", "Operation", "Recorder", "Undecided", "Violation", "WatchRecord", "check_linearizable",
    "check_watch",
]  # fmt: skip
