"""The rows of the table: what each figure is called and what it is made of."""

from __future__ import annotations

from typing import NamedTuple

Figures = dict[str, float | str]
BUG = "etcd_bug_"


class Row(NamedTuple):
    """One line; `shown` names the figures it is made of, and is left out when one of them was not measured."""

    label: str
    shown: str


ROWS = (
    Row("acknowledged writes lost", "{acked_writes_lost} of {acked_writes} over {kills} kills"),
    Row("recovery after kill -9", "{recovery_median_s} s median, {recovery_max_s} s at most"),
    Row("power cuts", "{power_cut_points} points of {power_cut_stories} runs, {power_cut_lost} lost"),
    Row("calls to the disk that failed", "{disk_trouble_points} points, 0 lost"),
    Row("writes until the disk was full", "{full_disk_writes}, 0 lost, healed by itself"),
    Row("loop held up by a snapshot", "{snapshot_lag_ms} ms at most, 50,000 objects"),
    Row("histories checked", "{operations_checked} operations linearizable, {watch_events_checked} watch events exact"),
    Row("etcd's robustness bugs", "{etcd_bugs} of 13, told {etcd_tellings} times"),
    Row("mutated histories refused", "{checker_mutations_passed} of {checker_mutations_total}"),
    Row("recorded Kubernetes behaviour", "{kubernetes_api_passed} of {kubernetes_api_total}"),
    Row("chart suites", "{charts_passed} of {charts_total}"),
    Row("strategic merges as kubectl's", "{strategic_merge_passed} of {strategic_merge_total}"),
    Row("auth matrix", "{auth_matrix_passed} of {auth_matrix_total} cells refused"),
    Row("controllers under fault plans", "{fault_plans_passed} of {fault_plans_total} plans converged"),
)


def complete(figures: Figures) -> Figures:
    """Add what follows from other figures."""
    bugs = {name: value for name, value in figures.items() if name.startswith(BUG)}
    return {**figures, "etcd_bugs": len(bugs), "etcd_tellings": sum(int(value) for value in bugs.values())} if bugs else figures


def lines(figures: Figures) -> list[str]:
    """Return the table; what was not measured says so."""
    known = {name: f"{value:,}" if isinstance(value, int | float) else value for name, value in complete(figures).items()}
    return [f"{row.label:<34} {_filled(row.shown, known)}" for row in ROWS]


def _filled(shown: str, known: dict[str, str]) -> str:
    try:
        return shown.format_map(known)
    except KeyError:
        return "not measured"
