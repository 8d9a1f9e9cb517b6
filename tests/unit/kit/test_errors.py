"""The tree of failures is complete and consistent."""

import importlib
import pkgutil

import pilothouse
from pilothouse.kit import errors


def all_errors() -> list[type[errors.PilothouseError]]:
    for module in pkgutil.walk_packages(pilothouse.__path__, "pilothouse."):
        if module.name.endswith(".errors") or module.name.endswith(".lock"):
            importlib.import_module(module.name)
    found, waiting = [], [errors.PilothouseError]
    while waiting:
        current = waiting.pop()
        found.append(current)
        waiting += current.__subclasses__()
    return found


def test_every_failure_says_what_it_is() -> None:
    for error in all_errors():
        assert error.__doc__, error
        assert error.reason, error
        assert 400 <= error.http_code < 600, error
        assert error.retry in {"never", "backoff", "after"}, error


def test_the_fix_stands_below_the_message() -> None:
    assert str(errors.NotFound("no such thing", fix="make one")) == "no such thing\n  fix: make one"
    assert str(errors.NotFound("no such thing")) == "no such thing"
