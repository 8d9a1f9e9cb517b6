"""Rules of the status of a Job: it ends in order, and what has ended stays so."""

from __future__ import annotations

from typing import Any

from pilothouse.api.findings import FieldError, Verbatim, duplicate, invalid, required
from pilothouse.api.validation.checks import IMMUTABLE, Findings, Obj, all_non_negative
from pilothouse.api.validation.workloads.batch.indexes import WrongIndexes, count_indexes, overlap

_TERMINAL = ("Failed", "Complete", "FailureTarget")
_CONDITIONS = "status.conditions"


def job_status(new: Obj, old: Obj) -> Findings:
    """Check the status of a Job; most of it only where it changed."""
    status, before, spec = new.get("status") or {}, old.get("status") or {}, new.get("spec") or {}
    true, was = _true(status), _true(before)
    changed = {name for name in {*status, *before} if status.get(name) != before.get(name)} | (true ^ was)
    out = all_non_negative("status", status, "active", "succeeded", "failed", "ready", "terminating")
    out += _uncounted(status) + _ends(status, true, changed) + _finished(status, true, changed)
    out += _indexes(status, spec, changed)
    return out + _order(status, true, changed) + _steps(spec, status, before, true, was)


def _true(status: Obj) -> set[str]:
    return {item.get("type", "") for item in status.get("conditions") or () if item.get("status") == "True"}


def _plain(why: str) -> FieldError:
    return invalid(_CONDITIONS, Verbatim(""), why)


def _uncounted(status: Obj) -> Findings:
    out: Findings = []
    seen: set[str] = set()
    for kind in ("succeeded", "failed"):
        for index, uid in enumerate((status.get("uncountedTerminatedPods") or {}).get(kind) or ()):
            path = f"status.uncountedTerminatedPods.{kind}[{index}]"
            if not uid:
                out.append(invalid(path, uid, "must not be empty"))
            elif uid in seen:
                out.append(duplicate(path, uid))
            seen.add(uid)
    return out


def _ends(status: Obj, true: set[str], changed: set[str]) -> Findings:
    is_complete, ended = "Complete" in true, status.get("completionTime")
    out: Findings = []
    if is_complete and "Failed" in true and changed & {"Complete", "Failed"}:
        out.append(_plain("cannot set Complete=True and Failed=true conditions"))
    if is_complete and "FailureTarget" in true and changed & {"Complete", "FailureTarget"}:
        out.append(_plain("cannot set Complete=True and FailureTarget=true conditions"))
    path = "status.completionTime"
    if changed & {"Complete", "completionTime"}:
        if ended and not is_complete:
            out.append(invalid(path, ended, "cannot set completionTime when there is no Complete=True condition"))
        if is_complete and not ended:
            out.append(required(path, "completionTime is required for Complete jobs"))
    began = status.get("startTime")
    if began and ended and ended < began and changed & {"startTime", "completionTime"}:
        out.append(invalid(path, ended, "must be equal to or after `startTime`"))
    if "Failed" in true and "FailureTarget" not in true and changed & {"Failed", "FailureTarget"}:
        out.append(_plain("cannot set Failed=True condition without the FailureTarget=true condition"))
    if is_complete and "SuccessCriteriaMet" not in true and changed & {"Complete", "SuccessCriteriaMet"}:
        out.append(_plain("cannot set Complete=True condition without the SuccessCriteriaMet=true condition"))
    return out


def _finished(status: Obj, true: set[str], changed: set[str]) -> Findings:
    if not true & {"Complete", "Failed"}:
        return []
    ends = bool(changed & {"Complete", "Failed"})
    out: Findings = []
    if status.get("active", 0) > 0 and ends:
        out.append(invalid("status.active", status["active"], "active>0 is invalid for finished job"))
    if not status.get("startTime") and (ends or "startTime" in changed):
        out.append(required("status.startTime", "startTime is required for finished job"))
    uncounted = status.get("uncountedTerminatedPods") or {}
    if any(uncounted.values()) and (ends or "uncountedTerminatedPods" in changed):
        shown = {"Succeeded": uncounted.get("succeeded"), "Failed": uncounted.get("failed")}
        out.append(invalid("status.uncountedTerminatedPods", shown, "must be empty for finished job"))
    return out


def _indexes(status: Obj, spec: Obj, changed: set[str]) -> Findings:
    completed, failed, completions = status.get("completedIndexes", ""), status.get("failedIndexes"), spec.get("completions")
    has_limit, at = spec.get("backoffLimitPerIndex") is not None, "status.failedIndexes"
    out: Findings = []
    if "completedIndexes" in changed and completions is not None:
        out += _listed("completedIndexes", completed, completions)
    if "failedIndexes" in changed and completions is not None and has_limit and failed is not None:
        out += _listed("failedIndexes", failed, completions)
    if "completedIndexes" in changed and completed and spec.get("completionMode") != "Indexed":
        text = "cannot set non-empty completedIndexes when non-indexed completion mode"
        out.append(invalid("status.completedIndexes", completed, text))
    if "failedIndexes" in changed and failed is not None and not has_limit:
        out.append(invalid(at, failed, "cannot set non-null failedIndexes when backoffLimitPerIndex is null"))
    if changed & {"completedIndexes", "failedIndexes"} and completions is not None and failed is not None:
        first = overlap(completed, failed, completions)
        if first is not None:
            out.append(invalid(at, failed, f"failedIndexes and completedIndexes overlap at index: {first}"))
    return out


def _listed(field: str, text: str, completions: int) -> Findings:
    try:
        count_indexes(text, completions)
    except WrongIndexes as error:
        return [invalid(f"status.{field}", text, f"error parsing {field}: {error}")]
    return []


def _order(status: Obj, true: set[str], changed: set[str]) -> Findings:
    out: Findings = []
    leaving, ready, is_finished = status.get("terminating") or 0, status.get("ready") or 0, true & {"Complete", "Failed"}
    if leaving > 0 and is_finished and changed & {"Complete", "Failed", "terminating"}:
        out.append(invalid("status.terminating", leaving, "terminating>0 is invalid for finished job"))
    if ready > status.get("active", 0) and changed & {"ready", "active"}:
        out.append(invalid("status.ready", ready, "cannot set more ready pods than active"))
    for other, word in (("Failed", "Failed=true"), ("FailureTarget", "FailureTarget=true")):
        if {"SuccessCriteriaMet", other} <= true:
            out.append(_plain(f"cannot set SuccessCriteriaMet=True and {word} conditions"))
    return out


def _steps(spec: Obj, status: Obj, before: Obj, true: set[str], was: set[str]) -> Findings:
    """What a status may not go back on."""
    lost = [kind for kind in _TERMINAL if kind in was - true]
    out: Findings = [_plain(f"cannot disable the terminal {kind}=True condition") for kind in lost]
    is_elastic = spec.get("completionMode") == "Indexed" and spec.get("completions") == spec.get("parallelism")
    for name in ("failed", *(() if is_elastic else ("succeeded",))):
        if status.get(name, 0) < before.get(name, 0):
            out.append(invalid(f"status.{name}", status.get(name, 0), f"cannot decrease the {name} counter"))
    ended: tuple[Any, Any] = (before.get("completionTime"), status.get("completionTime"))
    if all(ended) and ended[0] != ended[1]:
        out.append(invalid("status.completionTime", ended[1], IMMUTABLE))
    if before.get("startTime") and status.get("startTime") != before["startTime"] and not spec.get("suspend"):
        out.append(required("status.startTime", "startTime cannot be removed for unsuspended job"))
    met = "SuccessCriteriaMet"
    if met in was - true:
        out.append(_plain("cannot disable the SuccessCriteriaMet=True condition"))
    if met in true - was and "Complete" in was:
        out.append(_plain("cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions"))
    return out
