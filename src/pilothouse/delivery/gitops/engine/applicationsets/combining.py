"""The generators that are made of others: `matrix`, every pair of two, and `merge`, sets joined by the values of keys."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.engine.applicationsets.asks import Asking, Params
from pilothouse.delivery.gitops.engine.applicationsets.parameters import combined, overridden
from pilothouse.delivery.gitops.engine.applicationsets.templating import Templates
from pilothouse.delivery.gitops.errors import GeneratorFailed

Inner = Callable[[Tree, Params], Asking]
"""Carries out a generator within another, filled with parameters."""
_FEWER = "found less than two generators, Matrix support only two"
_MORE = "found more than two generators, Matrix support only two"
_FEWER_MERGED = "found less than two generators, Merge requires two or more"
_NO_KEYS = "no merge keys were specified, Merge requires at least one"
_NOT_UNIQUE = (
    "the parameters from a generator were not unique by the given mergeKeys, Merge requires all param sets to be unique. "
    "Duplicate key was"
)
PAIR = 2


def matrix(spec: Tree, templates: Templates, inner: Inner) -> Asking:
    """Return every pair of two generators; the second is filled with the parameters of the first."""
    generators = spec.get("generators") or []
    if len(generators) != PAIR:
        raise GeneratorFailed(_FEWER if len(generators) < PAIR else _MORE)
    first, second = generators
    found: list[Params] = []
    for left in (yield from inner(first, {})):
        for right in (yield from inner(second, left)):
            if templates.is_go:
                found.append(overridden(copy.deepcopy(right), copy.deepcopy(left)))
                continue
            try:
                found.append(combined(left, right))
            except ValueError as error:
                text = f"failed to combine string maps with merging params for the matrix generator: {error}"
                raise GeneratorFailed(text) from None
    return found


def merge(spec: Tree, templates: Templates, inner: Inner) -> Asking:
    """Return the parameters of the first generator, with those of the others that have the same values of the keys on top."""
    generators, keys = spec.get("generators") or [], spec.get("mergeKeys") or []
    if len(generators) < PAIR:
        raise GeneratorFailed(_FEWER_MERGED)
    sets: list[list[Params]] = []
    for generator in generators:
        sets.append((yield from inner(generator, {})))
    base = by_merge_key(keys, sets[0])
    for others in sets[1:]:
        for key, params in by_merge_key(keys, others).items():
            if key in base:
                base[key] = overridden(base[key], params) if templates.is_go else {**base[key], **params}
    return list(base.values())


def by_merge_key(keys: Sequence[str], sets: Sequence[Mapping[str, Any]]) -> dict[str, Params]:
    """Return sets of parameters by the JSON of the values of their keys; raises `GeneratorFailed` when two are the same."""
    if not keys:
        raise GeneratorFailed(_NO_KEYS)
    found: dict[str, Params] = {}
    for params in sets:
        key = json.dumps({name: params.get(name) for name in sorted(set(keys))}, separators=(",", ":"), sort_keys=True)
        if key in found:
            raise GeneratorFailed(f"{_NOT_UNIQUE} {key}")
        found[key] = dict(params)
    return found
