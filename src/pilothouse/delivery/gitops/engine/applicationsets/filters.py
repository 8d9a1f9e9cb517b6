"""The `filters` of generators that look at forges. One filter holds when all of its conditions do; of several, one is enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.errors import GeneratorFailed


class _Pattern(Protocol):
    def search(self, text: str) -> Any:
        """Return a match anywhere in a text."""


@lru_cache(maxsize=256)
def _pattern(text: str) -> _Pattern:
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        found: _Pattern = re2.compile(text, options)
    except re2.error as error:
        raise GeneratorFailed(f"error compiling the regular expression {text!r}: {error}", fix="correct the filter") from None
    return found


def _fits(expression: Any, text: str) -> bool:
    return expression is None or _pattern(str(expression)).search(text) is not None


def selected_pulls(pulls: Sequence[Tree], filters: Sequence[Tree]) -> list[Tree]:
    """Return the pull requests that pass one of the filters."""
    return [pull for pull in pulls if not filters or any(_pull_fits(one, pull) for one in filters)]


def _pull_fits(given: Tree, pull: Tree) -> bool:
    parts = (("branchMatch", "branch"), ("targetBranchMatch", "targetBranch"), ("titleMatch", "title"))
    return all(_fits(given.get(name), str(pull.get(field, ""))) for name, field in parts)


def carries(labels: Sequence[str], wanted: Sequence[str] | None) -> bool:
    """Whether labels hold all that are wanted."""
    return set(wanted or ()) <= set(labels)


def is_repository_wanted(repository: Tree, filters: Sequence[Tree]) -> bool:
    """Whether a repository may pass one of the filters, as far as its name and labels tell."""
    return not filters or any(_repository_fits(one, repository) for one in filters)


def _repository_fits(given: Tree, repository: Tree) -> bool:
    labels = [str(label) for label in repository.get("labels") or ()]
    by_label = given.get("labelMatch") is None or any(_fits(given["labelMatch"], label) for label in labels)
    return by_label and _fits(given.get("repositoryMatch"), str(repository.get("repository", "")))


def candidates(repository: Tree, filters: Sequence[Tree]) -> list[Tree]:
    """Return the filters that a repository on a branch passes but for the paths they ask for."""
    return [
        one for one in filters if _repository_fits(one, repository) and _fits(one.get("branchMatch"), str(repository["branch"]))
    ]


def paths_of(given: Tree) -> list[tuple[str, bool]]:
    """Return the paths a filter asks for, and whether they have to be there."""
    wanted: list[tuple[str, bool]] = [(str(path), True) for path in given.get("pathsExist") or ()]
    return wanted + [(str(path), False) for path in given.get("pathsDoNotExist") or ()]


def chosen_forge(spec: Mapping[str, Any], known: Mapping[str, Any], generator: str) -> tuple[str, Tree]:
    """Return the forge a generator names and its part of the spec; raises `GeneratorFailed`."""
    for name, part in spec.items():
        if isinstance(part, Mapping) and name not in ("template", "values"):
            if name not in known:
                raise GeneratorFailed(
                    f"{generator}: {name} is not supported", fix=f"use one of {', '.join(sorted(known))}, or a plugin generator"
                )
            return name, dict(part)
    raise GeneratorFailed(f"no {generator} provider is configured", fix=f"set one of {', '.join(sorted(known))}")


def clone_url(forge: str, protocol: str, ssh: str, https: str, default: str = "ssh") -> str:
    """Return the address a repository is cloned from; raises `GeneratorFailed`."""
    wanted = protocol or default
    if wanted not in ("ssh", "https"):
        raise GeneratorFailed(f"unknown clone protocol for {forge} {protocol}", fix="use ssh or https")
    return ssh if wanted == "ssh" else https
