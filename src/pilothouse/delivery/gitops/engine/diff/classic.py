"""Comparison without the server's help: three-way with the last-applied configuration, two-way without."""

from __future__ import annotations

import json
from typing import Any

from pilothouse.api.fields.typed import child_schema, item_schema
from pilothouse.api.meta import Tree, annotations_of
from pilothouse.api.patch.merge import apply_merge_patch
from pilothouse.api.patch.strategic import StrategicPatchError, apply_strategic_patch
from pilothouse.api.schema.node import Schema
from pilothouse.delivery.gitops.engine.diff.kinds import canonical, defaulted, schema_of
from pilothouse.delivery.gitops.engine.diff.normal import LAST_APPLIED, compared, normal_secret, without_bookkeeping
from pilothouse.delivery.gitops.engine.diff.outcome import Diff, Normalizer, unchanged


def diff_classic(config: Tree | None, live: Tree | None, normalizer: Normalizer = unchanged) -> Diff:
    """Compare what is wanted with what is there; what the normalizer takes away does not count but stays in the output."""
    if config is None or live is None:
        return Diff(config is not None, config, live)
    wanted, there = canonical(normal_secret(config)), canonical(normal_secret(live))
    applied = last_applied(live)
    predicted = _predict(wanted, there, None if applied is None else canonical(normal_secret(applied)))
    predicted, current = without_bookkeeping(predicted), without_bookkeeping(there)
    with_status = bool(config.get("status"))
    left, right = (compared(defaulted(normalizer(side)), with_status=with_status) for side in (predicted, current))
    return Diff(left != right, defaulted(predicted), defaulted(current))


def last_applied(live: Tree) -> Tree | None:
    """Return the last-applied configuration of a live object, None where there is none that can be read."""
    text = annotations_of(live).get(LAST_APPLIED)
    if not text:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _predict(config: Tree, live: Tree, applied: Tree | None) -> Tree:
    schema = schema_of(config)
    if schema is None:
        merged = apply_merge_patch(live, config) if applied is not None else _overlay(live, config)
    else:
        try:
            merged = apply_strategic_patch(live, config, schema)
        except (StrategicPatchError, TypeError, AttributeError):
            merged = _overlay(live, config)
    predicted: Tree = merged if applied is None else _without_dropped(merged, applied, config, schema)
    return predicted


def _overlay(live: Any, config: Any) -> Any:
    """Lay a wanted value over a live one; items of lists are laid over each other by place."""
    if isinstance(live, dict) and isinstance(config, dict):
        return {**live, **{key: _overlay(live.get(key), value) for key, value in config.items()}}
    if isinstance(live, list) and isinstance(config, list):
        return [_overlay(live[place] if place < len(live) else None, item) for place, item in enumerate(config)]
    return config


def _without_dropped(merged: Any, applied: Any, config: Any, schema: Schema | None) -> Any:
    """Take away what was applied last time and is no longer wanted."""
    if isinstance(merged, dict) and isinstance(applied, dict) and isinstance(config, dict):
        kept = {}
        for key, value in merged.items():
            if key in applied and key not in config:
                continue
            both = key in applied and key in config
            kept[key] = _without_dropped(value, applied[key], config[key], child_schema(schema, key)) if both else value
        return kept
    is_lists = isinstance(merged, list) and isinstance(applied, list) and isinstance(config, list)
    key = schema.patch_merge_key if schema is not None and "merge" in schema.patch_strategy.split(",") else ""
    return _without_dropped_items(merged, applied, config, schema, key) if is_lists and key else merged


def _without_dropped_items(
    merged: list[Any], applied: list[Any], config: list[Any], schema: Schema | None, key: str
) -> list[Any]:
    before, wanted = ({item.get(key): item for item in items if isinstance(item, dict)} for items in (applied, config))
    kept = []
    for item in merged:
        name = item.get(key) if isinstance(item, dict) else None
        if name in before and name not in wanted:
            continue
        both = name in before and name in wanted
        kept.append(_without_dropped(item, before[name], wanted[name], item_schema(schema)) if both else item)
    return kept
