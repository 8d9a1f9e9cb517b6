"""Comparison by managed fields: what applying as a manager would come to, worked out here instead of by the server."""

from __future__ import annotations

from pilothouse.api.meta import Tree, metadata
from pilothouse.api.patch.apply import apply
from pilothouse.delivery.gitops.engine.diff.classic import diff_classic
from pilothouse.delivery.gitops.engine.diff.kinds import canonical, defaulted, schema_of
from pilothouse.delivery.gitops.engine.diff.normal import compared, normal_secret, without_bookkeeping
from pilothouse.delivery.gitops.engine.diff.outcome import Diff, Normalizer, unchanged


def diff_structured(config: Tree, live: Tree, manager: str, normalizer: Normalizer = unchanged) -> Diff:
    """Compare a wanted object with a live one by who manages which field."""
    wanted = normal_secret(config)
    if not metadata(wanted).get("namespace") and metadata(live).get("namespace"):
        wanted = {**wanted, "metadata": {**metadata(wanted), "namespace": metadata(live)["namespace"]}}
    there = normal_secret(live)
    try:
        merged = apply(
            there, canonical(wanted), manager=manager, force=True, now="", schema=schema_of(live),
            api_version=str(config["apiVersion"]),
        )  # fmt: skip
    except (ValueError, TypeError):
        return diff_classic(config, live, normalizer)
    predicted = normalizer(defaulted(without_bookkeeping({**merged, "apiVersion": live["apiVersion"]})))
    current = normalizer(defaulted(without_bookkeeping(there)))
    return Diff(compared(predicted) != compared(current), predicted, current)
