"""Which generated Applications are valid: their sources can be read, their project and their destination exist."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pilothouse.api.meta import Tree, name_of
from pilothouse.delivery.gitops.adapters.clusters import Clusters
from pilothouse.delivery.gitops.adapters.projects import Projects
from pilothouse.delivery.gitops.errors import DestinationInvalid, GeneratorFailed
from pilothouse.delivery.gitops.types import App, read_app
from pilothouse.kit.errors import PilothouseError

_VALUES = "valuesObject"
MALFORMED = (TypeError, AttributeError, KeyError, ValueError, IndexError, RecursionError)
"""What reading something of another shape raises."""
MAX_TOLD = 5


def odd(error: Exception) -> GeneratorFailed:
    """Return the failure of an ApplicationSet that has a field of another shape."""
    problem = f"{type(error).__name__}: {error}"[:200]
    return GeneratorFailed(
        f"the ApplicationSet has a field of another shape than documented ({problem})", fix="compare it with the reference"
    )


class Checks:
    """Asks projects and clusters."""

    def __init__(self, projects: Projects, clusters: Clusters) -> None:
        """Look projects and destinations up."""
        self._projects, self._clusters = projects, clusters

    async def start(self) -> None:
        """Know them all."""
        await self._projects.informer.start()
        await self._clusters.start()

    def problem(self, tree: Tree) -> str:
        """Return why an Application is not valid, empty when it is."""
        if not name_of(tree):
            return "an application has no name"
        try:
            app = read_app(tree)
            if self._projects.spec_of(app) is None:
                return f"application references project {app.project} which does not exist"
            self._clusters.check(app)
        except DestinationInvalid as error:
            return f"application destination spec is invalid: {error.message}"
        except PilothouseError as error:
            return error.message
        except MALFORMED as error:
            return f"the spec has a field of another shape than documented ({type(error).__name__}: {error})"[:300]
        return ""

    def is_reachable(self, app: App) -> bool:
        """Whether the destination of an Application is known."""
        try:
            self._clusters.check(app)
        except DestinationInvalid:
            return False
        return True

    def problems(self, wanted: Sequence[Tree]) -> dict[str, str]:
        """Return what is wrong, by the name of the Application."""
        return {name_of(one): text for one in wanted if (text := self.problem(one))}


def told(problems: dict[str, str]) -> str:
    """Return what is wrong in one line."""
    shown = [f"{name}: {problems[name]}" for name in sorted(problems)]
    more = f" (and {len(shown) - MAX_TOLD} more)" if len(shown) > MAX_TOLD else ""
    return "; ".join(shown[:MAX_TOLD]) + more


def normalized(tree: Tree) -> Tree:
    """Return an Application as the API server stores it: without nulls, and with a project."""
    found: Tree = _without_nulls(tree)
    spec = found.get("spec") or {}
    return {**found, "spec": {**spec, "project": spec.get("project") or "default"}}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        rest = {key: below for key, below in value.items() if below is not None}
        return {key: below if key == _VALUES else _without_nulls(below) for key, below in rest.items()}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
