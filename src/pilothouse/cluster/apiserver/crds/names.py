"""Which names a definition gets, and the conditions that say so."""

from __future__ import annotations

from typing import Any

from pilothouse.api.scheme import Scheme

Obj = dict[str, Any]


def is_established(crd: Obj) -> bool:
    """Whether the resource is served."""
    return _condition(crd, "Established") == "True"


def _condition(crd: Obj, kind: str) -> str:
    for condition in (crd.get("status") or {}).get("conditions") or ():
        if condition.get("type") == kind:
            status: str = condition.get("status", "")
            return status
    return ""


def accepted_names(crd: Obj, others: list[Obj], scheme: Scheme) -> tuple[Obj, tuple[str, str]]:
    """Return (names nobody else has, (reason, message) of the first conflict)."""
    spec = crd["spec"]
    wanted, group = spec["names"], spec["group"]
    resources, kinds = _taken(group, others)
    problem = ("", "")
    out: Obj = dict((crd.get("status") or {}).get("acceptedNames") or {})
    for field, taken, reason in (
        ("plural", resources, "PluralConflict"), ("singular", resources, "SingularConflict"),
        ("shortNames", resources, "ShortNamesConflict"), ("kind", kinds, "KindConflict"), ("listKind", kinds, "ListKindConflict"),
    ):  # fmt: skip
        value = wanted.get(field)
        values = value if isinstance(value, list) else [value] if value else []
        clash = next((name for name in values if name in taken), "")
        if clash:
            problem = (reason, f'"{clash}" is already in use')
        elif value:
            out[field] = value
        else:
            out.pop(field, None)
    if wanted.get("categories"):
        out["categories"] = wanted["categories"]
    out.setdefault("plural", "")
    out.setdefault("kind", "")
    return out, problem


def _taken(group: str, others: list[Obj]) -> tuple[set[str], set[str]]:
    resources: set[str] = set()
    kinds: set[str] = set()
    for other in others:
        if other["spec"]["group"] != group:
            continue
        names = (other.get("status") or {}).get("acceptedNames") or {}
        resources |= {names.get("plural", ""), names.get("singular", ""), *(names.get("shortNames") or ())}
        kinds |= {names.get("kind", ""), names.get("listKind", "")}
    return resources - {""}, kinds - {""}


def conditions_of(before: list[Obj], crd: Obj, problem: tuple[str, str], now: str) -> list[Obj]:
    """Return the conditions of a definition."""
    reason, message = problem
    out = list(before)
    if reason:
        _set(out, "NamesAccepted", "False", reason, message, now)
        if not any(condition["type"] == "Established" and condition["status"] == "True" for condition in out):
            _set(out, "Established", "False", "NotAccepted", "not all names are accepted", now)
        return out
    _set(out, "NamesAccepted", "True", "NoConflicts", "no conflicts found", now)
    _set(out, "Established", "True", "InitialNamesAccepted", "the initial names have been accepted", now)
    return out


def begin_deletion(crd: Obj, now: str) -> bool:
    """Say that the objects of a definition are being deleted; whether that is news."""
    conditions = crd.setdefault("status", {}).setdefault("conditions", [])
    before = list(conditions)
    _set(conditions, "Terminating", "True", "InstanceDeletionInProgress", "CustomResource deletion is in progress", now)
    return bool(conditions != before)


def _set(conditions: list[Obj], kind: str, status: str, reason: str, message: str, now: str) -> None:
    new = {"type": kind, "status": status, "lastTransitionTime": now, "reason": reason, "message": message}
    for index, old in enumerate(conditions):
        if old["type"] == kind:
            if old["status"] == status:
                new["lastTransitionTime"] = old.get("lastTransitionTime", now)
            conditions[index] = {**old, **new}
            return
    conditions.append(new)
