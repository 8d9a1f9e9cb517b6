"""Answers to the cases of `diff`: the comparison engine of GitOps."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from typing import Any

from pilothouse.api.meta import Tree, annotations_of
from pilothouse.delivery.gitops.adapters.jq import JqWorker
from pilothouse.delivery.gitops.engine.diff import diff_predicted, hide_secret_data, normalize, read_rules
from pilothouse.delivery.gitops.engine.diff.classic import diff_classic, last_applied
from pilothouse.delivery.gitops.engine.diff.ignore import trusted_managers
from pilothouse.delivery.gitops.engine.diff.jqpaths import delete_path
from pilothouse.delivery.gitops.engine.diff.kinds import canonical
from pilothouse.delivery.gitops.engine.diff.known import with_known_types
from pilothouse.delivery.gitops.engine.diff.managers import without_trusted
from pilothouse.delivery.gitops.engine.diff.normal import (
    LAST_APPLIED,
    normal_secret,
    without_aggregated_rules,
    without_bookkeeping,
    without_namespace,
)
from pilothouse.delivery.gitops.engine.diff.outcome import Diff
from pilothouse.delivery.gitops.engine.diff.secrets import MASK
from pilothouse.delivery.gitops.engine.diff.server import spared
from pilothouse.delivery.gitops.engine.diff.structured import diff_structured
from pilothouse.kit.errors import PilothouseError
from pilothouse.testing.corpora import SKIP

Case = dict[str, Any]


def answer(case: Case) -> Any:
    """Return the answer to one case."""
    mode = _MODES.get(case["mode"])
    if mode is None:
        return SKIP
    worker = JqWorker()
    try:
        return mode({**case, "options": case.get("options") or {}, "jq": worker.run})
    except PilothouseError as error:
        return {"error": error.message}
    finally:
        worker.close()


def _ignoring(case: Case, tree: Tree) -> Tree:
    options = case["options"]
    body = normalize(tree, read_rules(options.get("rules") or [], options.get("overrides")), case["jq"])
    return without_aggregated_rules(body) if options.get("ignoreAggregatedRoles") else body


def _normalizer(case: Case) -> Callable[[Tree], Tree]:
    options = case["options"]

    def run(tree: Tree) -> Tree:
        body = copy.deepcopy(_ignoring(case, tree))
        for path in options.get("removeFields") or []:
            delete_path(body, list(path))
        return body

    return run


def _shown(diff: Diff, config: Tree | None) -> Any:
    shown = None if config is None else without_bookkeeping(config)
    return {"modified": diff.is_modified, "predicted": diff.predicted, "live": diff.live, "config": shown}


def _trusted(case: Case) -> tuple[Tree | None, Tree | None]:
    live, config = case.get("live"), case.get("config")
    rules = read_rules(case["options"].get("rules") or [], case["options"].get("overrides"))
    pair = without_trusted(live, config, trusted_managers(live, rules) if live else [])
    return pair[0] and _ignoring(case, pair[0]), pair[1] and _ignoring(case, pair[1])


def _default(case: Case) -> Any:
    live, config = _trusted(case)
    return _shown(diff_classic(config, live, _normalizer(case)), config)


def _structured(case: Case) -> Any:
    live, config = _trusted(case)
    return _shown(diff_structured(config or {}, live or {}, case["options"].get("manager") or "", _normalizer(case)), config)


def _server_side(case: Case) -> Any:
    options = case["options"]
    found = diff_predicted(
        case["live"], options["predictedLive"], options.get("manager") or "", _normalizer(case),
        ignores_mutations=bool(options.get("ignoreMutationWebhook", True)),
    )  # fmt: skip
    return _shown(found, case.get("config"))


def _hide_secret(case: Case) -> Any:
    annotations = tuple(case["options"].get("hideAnnotations") or ())
    hidden = hide_secret_data(case.get("config"), case.get("live"), annotations)
    found: Case = {}
    for side, tree in (("config", hidden.config), ("live", hidden.live)):
        if tree is None:
            continue
        applied = last_applied(tree)
        found |= {f"{side}.data": tree.get("data"), f"{side}.annotations": annotations_of(tree)}
        found[f"{side}.lastApplied.data"] = (applied or {}).get("data")
        found[f"{side}.lastAppliedMasked"] = annotations_of(tree).get(LAST_APPLIED, "").startswith(MASK)
    return found


def _normalize_secret(case: Case) -> Any:
    tree = normal_secret(case["config"])
    data = tree.get("data") or {}
    plain = {}
    for key, value in data.items():
        try:
            plain[key] = base64.b64decode(str(value), validate=True).decode()
        except ValueError:
            plain[key] = str(value)
    return {"stringDataAbsent": "stringData" not in tree, "dataKeys": sorted(data), "data": data, "config": tree, "plain": plain}


def _both(case: Case, change: Callable[[Tree], Tree]) -> Any:
    return {side: None if case.get(side) is None else change(case[side]) for side in ("config", "live")}


def _known_types(case: Case) -> Any:
    fields = case["options"].get("knownTypeFields") or []
    try:
        found = _both(case, lambda tree: with_known_types(tree, fields))
    except PilothouseError as error:
        return {"loadError": True, "error": error.message, **_both(case, lambda tree: tree), "unchanged": True}
    unchanged = all(found[side] == case.get(side) for side in ("config", "live"))
    return {**found, "unchanged": unchanged, "loadError": False}


def _managed_fields(case: Case) -> Any:
    managers = case["options"].get("trustedManagers") or []
    live, config = without_trusted(case.get("live"), case.get("config"), managers)
    return {"live": live, "config": config, "noop": (live, config) == (case.get("live"), case.get("config"))}


_MODES: dict[str, Callable[[Case], Any]] = {
    "default": _default, "structured-merge": _structured, "server-side": _server_side, "hide-secret": _hide_secret,
    "normalize-secret": _normalize_secret, "canonical": lambda case: _both(case, canonical),
    "strip-namespace": lambda case: _both(case, without_namespace), "ignore": lambda case: _both(case, _normalizer(case)),
    "known-types": _known_types, "managed-fields": _managed_fields,
    "owned-ancestors": lambda case: {"remove": spared(case["options"]["toRemove"], case["options"]["managerFields"])},
}  # fmt: skip
