"""Recorded cases of sync order: phases, waves, hooks, pruning, apply options, messages."""

from pathlib import Path
from typing import Any

from tests.conformance.gitops.comparing import matches
from tests.conformance.gitops.pinned import run

Case = dict[str, Any]


def test_pinned_cases_hold() -> None:
    run("sync-order", is_right)


def is_right(case: Case, answer: Any) -> bool:
    """Whether an answer is what the case expects."""
    if case["check"] == "sync":
        pairs = zip(answer["steps"], case["steps"], strict=True)
        return all(_step_is_right(got, step["expect"], step) for got, step in pairs)
    if case["check"] == "terminate":
        return _step_is_right(answer, case["expected"], {"unordered": True})
    if case["check"] == "tasks" and "taskNamePrefixes" in case["expected"]:
        return len(answer["taskNamePrefixes"]) == len(case["expected"]["taskNamePrefixes"]) and matches(answer, case["expected"])
    return matches(answer, case["expected"])


def _step_is_right(got: Case, expect: Case, step: Case) -> bool:
    if any(key in expect and not matches(got[key], expect[key]) for key in ("phase", "message", "resultCount")):
        return False
    if "operations" in expect and not _operations_are_right(got["operations"], expect["operations"], step):
        return False
    if "expectDiscoveryCalls" in step and got["discoveryCalls"] != step["expectDiscoveryCalls"]:
        return False
    texts = step.get("messageContains") or []
    texts = [texts] if isinstance(texts, str) else texts
    if not all(text in got["message"] for text in texts):
        return False
    return all(_result_is_right(got["results"], wanted) for wanted in expect.get("results") or ())


def _operations_are_right(got: list[str], wanted: list[str], step: Case) -> bool:
    if step.get("opsAtLeast"):
        return set(wanted) <= set(got)
    return sorted(got) == sorted(wanted) if step.get("unordered") else got == wanted


def _result_is_right(results: list[Case], wanted: Case) -> bool:
    found = [result for result in results if wanted["id"] in {"*", result["id"]}]
    return bool(found) and all(_holds(result, wanted) for result in found)


def _holds(result: Case, wanted: Case) -> bool:
    plain = {key: wanted[key] for key in ("status", "hookPhase", "message", "kind") if key in wanted}
    if not matches(result, plain) or wanted.get("messageContains", "") not in result["message"]:
        return False
    if "messageDerived" in wanted and result["message"] != wanted["messageDerived"]:
        return False
    return "hookPhaseIn" not in wanted or result["hookPhase"] in wanted["hookPhaseIn"]


if __name__ == "__main__":
    from tests.conformance.gitops.pinned import report

    report(Path(__file__).stem.removeprefix("test_").replace("_", "-"), is_right)
