"""The pytest plugin: control planes as fixtures. `pip install pilothouse` is all it takes.

    def test_a_deployment_becomes_available(control_plane): ...

    @pytest.mark.control_plane(nodes=2, virtual_time=True)      options of one test, or of a module by `pytestmark`
    def test_another(control_plane): ...

    def test_two_clusters(control_plane_factory):               as many as wanted
        here, there = control_plane_factory(), control_plane_factory(nodes=1)

Nothing else of Pilothouse is imported until a test asks for a fixture.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pilothouse.testing.environment import Environment

_RUNNING = pytest.StashKey[list[Any]]()
_MARKER = "control_plane(**options): what the control plane of this test has: nodes, controllers, crds, faults, virtual_time, ..."


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def control_plane_factory(request: pytest.FixtureRequest) -> Iterator[Callable[..., Environment]]:
    """Return a function that starts control planes (options as of `Environment`); all of them stop with the test."""
    running: list[Environment] = request.node.stash.setdefault(_RUNNING, [])

    def start(**options: Any) -> Environment:
        with _plain_imports():
            from pilothouse.testing.environment import Environment

            environment = Environment(**options)
            running.append(environment)
            return environment.start()

    yield start
    failures = [error for error in map(_stopped, reversed(running)) if error is not None]
    running.clear()
    if failures:
        raise failures[0]


@contextmanager
def _plain_imports() -> Iterator[None]:
    """Import as outside of pytest: it would compile all of us again for its assertions, for half a second of each first test."""
    sys.meta_path.insert(0, PathFinder)
    try:
        yield
    finally:
        sys.meta_path.remove(PathFinder)


def _stopped(environment: Environment) -> BaseException | None:
    try:
        environment.stop()
    except Exception as error:  # noqa: BLE001 - the others are to be stopped as well; the first failure is raised then
        return error
    return None


@pytest.fixture
def control_plane(request: pytest.FixtureRequest, control_plane_factory: Callable[..., Environment]) -> Environment:
    """Return a fresh control plane of this test's own, as its `control_plane` markers want it."""
    options: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("control_plane"))):
        if marker.args:
            raise TypeError(f"the marker control_plane takes options by name only, such as nodes=1: {marker.args[0]!r}")
        options |= marker.kwargs
    return control_plane_factory(**options)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """Show with a failure what the control planes of the test last told."""
    outcome = yield
    report = outcome.get_result()
    if report.failed and report.when == "call":
        for environment in item.stash.get(_RUNNING, []):
            report.sections.append(("control plane", environment.summary()))
