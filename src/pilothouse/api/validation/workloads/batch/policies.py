"""What ends a Job early: rules of podFailurePolicy, successPolicy and podReplacementPolicy."""

from __future__ import annotations

from collections.abc import Iterable

from pilothouse.api.findings import FieldError, Verbatim, duplicate, invalid, required, too_long, too_many, unsupported
from pilothouse.api.findings.internalform import internal_form
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import Findings, Obj, non_negative, rule
from pilothouse.api.validation.workloads.batch.indexes import WrongIndexes, count_indexes

MAX_RULES, MAX_PATTERNS, MAX_EXIT_CODES, MAX_INDEXES_SIZE = 20, 20, 255, 64 * 1024
_ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")
_OPERATORS = ("In", "NotIn")
_STATUSES = ("False", "True", "Unknown")
_REPLACEMENTS = ("Failed", "TerminatingOrFailed")


def _choice(path: str, value: str, allowed: Iterable[str]) -> Findings:
    if not value:
        return [required(path, f"valid values: [{' '.join(f'{chr(34)}{item}{chr(34)}' for item in allowed)}]")]
    return [] if value in allowed else [unsupported(path, value, allowed)]


def failure_policy(spec: Obj, path: str) -> Findings:
    """The rules for what a failed Pod means."""
    policy = spec.get("podFailurePolicy")
    if policy is None:
        return []
    rules = policy.get("rules") or []
    out: Findings = [too_many(f"{path}.rules", len(rules), MAX_RULES)] if len(rules) > MAX_RULES else []
    pod = (spec.get("template") or {}).get("spec") or {}
    containers = {item.get("name", "") for item in (*(pod.get("containers") or ()), *(pod.get("initContainers") or ()))}
    for index, item in enumerate(rules):
        out += _failure_rule(spec, item, f"{path}.rules[{index}]", containers)
    return out


def _failure_rule(spec: Obj, item: Obj, path: str, containers: set[str]) -> Findings:
    action, codes, conditions = item.get("action", ""), item.get("onExitCodes"), item.get("onPodConditions") or []
    out = _choice(f"{path}.action", action, _ACTIONS)
    if action == "FailIndex" and spec.get("backoffLimitPerIndex") is None:
        out.append(invalid(f"{path}.action", action, "requires the backoffLimitPerIndex to be set"))
    if codes is not None:
        out += _exit_codes(codes, f"{path}.onExitCodes", containers)
    if len(conditions) > MAX_PATTERNS:
        out.append(too_many(f"{path}.onPodConditions", len(conditions), MAX_PATTERNS))
    for index, pattern in enumerate(conditions):
        at = f"{path}.onPodConditions[{index}]"
        out += rule(f"{at}.type", pattern.get("type", ""), names.qualified)
        out += _choice(f"{at}.status", pattern.get("status", ""), _STATUSES)
    if codes is not None and conditions:
        out.append(_unsaid(path, "specifying both OnExitCodes and OnPodConditions is not supported"))
    if codes is None and not conditions:
        out.append(_unsaid(path, "specifying one of OnExitCodes and OnPodConditions is required"))
    return out


def _unsaid(path: str, detail: str) -> FieldError:
    return invalid(path, Verbatim(""), detail)


def _exit_codes(codes: Obj, path: str, containers: set[str]) -> Findings:
    operator, name, values = codes.get("operator", ""), codes.get("containerName"), codes.get("values") or []
    out = _choice(f"{path}.operator", operator, _OPERATORS)
    if name is not None and name not in containers:
        text = "must be one of the container or initContainer names in the pod template"
        out.append(invalid(f"{path}.containerName", name, text))
    at = f"{path}.values"
    if not values:
        out.append(invalid(at, codes.get("values"), "at least one value is required"))
    elif len(values) > MAX_EXIT_CODES:
        out.append(too_many(at, len(values), MAX_EXIT_CODES))
    for index, value in enumerate(values):
        if operator == "In" and value == 0:
            out.append(invalid(f"{at}[{index}]", value, "must not be 0 for the In operator"))
        if value in values[:index]:
            out.append(duplicate(f"{at}[{index}]", value))
    return out if values == sorted(values) else [*out, invalid(at, values, "must be ordered")]


def success_policy(spec: Obj, path: str) -> Findings:
    """The rules for when an Indexed Job has succeeded early."""
    policy = spec.get("successPolicy")
    if policy is None:
        return []
    if spec.get("completionMode") != "Indexed":
        return [invalid(path, internal_form("SuccessPolicy", policy), "requires indexed completion mode")]
    rules = policy.get("rules") or []
    out: Findings = []
    if not rules:
        out.append(required(f"{path}.rules", "at least one rules must be specified when the successPolicy is specified"))
    if len(rules) > MAX_RULES:
        out.append(too_many(f"{path}.rules", len(rules), MAX_RULES))
    for index, item in enumerate(rules):
        out += _success_rule(item, f"{path}.rules[{index}]", spec.get("completions") or 0)
    return out


def _success_rule(item: Obj, path: str, completions: int) -> Findings:
    count, indexes = item.get("succeededCount"), item.get("succeededIndexes")
    if count is None and indexes is None:
        return [required(path, "at least one of succeededCount or succeededIndexes must be specified")]
    out: Findings = []
    listed = 0
    if indexes is not None:
        at = f"{path}.succeededIndexes"
        if len(indexes) > MAX_INDEXES_SIZE:
            out.append(too_long(at, MAX_INDEXES_SIZE))
        try:
            listed = count_indexes(indexes, completions)
        except WrongIndexes as error:
            out.append(invalid(at, indexes, f"error parsing succeededIndexes: {error}"))
    if count is None:
        return out
    at, most = f"{path}.succeededCount", "must be less than or equal to"
    out += non_negative(at, count)
    if count > completions:
        out.append(invalid(at, count, f"{most} {completions} (the number of specified completions)"))
    if indexes is not None and count > listed:
        text = f"{most} {listed} (the number of indexes in the specified succeededIndexes field)"
        out.append(invalid(at, count, text))
    return out


def replacement_policy(spec: Obj, path: str) -> Findings:
    """When Pods are replaced: with a failure policy only once they have failed."""
    value = spec.get("podReplacementPolicy")
    allowed = _REPLACEMENTS[:1] if spec.get("podFailurePolicy") is not None else _REPLACEMENTS
    return [] if value is None or value in allowed else [unsupported(path, value, allowed)]
