"""Rules of Events, those of both groups."""

from __future__ import annotations

from typing import Any

from pilothouse.api.findings import invalid, required
from pilothouse.api.findings.internalform import internal_form
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import IMMUTABLE, Findings, Obj, rule

NEW_GROUP = "events.k8s.io/v1"
_MISMATCH = "does not match event.namespace"
_LIMITS = {"reportingInstance": 128, "action": 128, "reason": 128}
_MAX_NOTE = 1024
_DEPRECATED = (
    ("firstTimestamp", "deprecatedFirstTimestamp"), ("lastTimestamp", "deprecatedLastTimestamp"), ("count", "deprecatedCount"),
    ("source", "deprecatedSource"),
)  # fmt: skip
_FROZEN = (
    ("involvedObject", "regarding"), ("reason", "reason"), ("message", "note"), ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"), ("lastTimestamp", "deprecatedLastTimestamp"), ("count", "deprecatedCount"),
    ("reason", "reason"), ("type", "type"), ("eventTime", "eventTime"), ("action", "action"), ("related", "related"),
    ("reportingController", "reportingController"), ("reportingInstance", "reportingInstance"),
)  # fmt: skip
"""Fields of Events of the newer group that stay: as findings call them, and as the API does."""

_TYPES = {"regarding": "ObjectReference", "related": "ObjectReference", "deprecatedSource": "EventSource"}


def _is_new(obj: Obj) -> bool:
    return bool(obj.get("apiVersion") == NEW_GROUP)


def event(obj: Obj) -> Findings:
    """A new Event."""
    out = _any_event(obj)
    if not _is_new(obj):
        return out
    out += _series(obj)
    if not obj.get("eventTime"):
        out.append(required("eventTime"))
    if obj.get("type") not in ("Normal", "Warning"):
        out.append(invalid("type", "", f"has invalid value: {obj.get('type', '')}"))
    return out + [invalid(shown, "", "needs to be unset") for shown, field in _DEPRECATED if _is_set(obj.get(field))]


def _is_set(value: Any) -> bool:
    return any(value.values()) if isinstance(value, dict) else bool(value)


def _any_event(obj: Obj) -> Findings:
    is_new, own = _is_new(obj), obj["metadata"].get("namespace", "")
    where = ((obj.get("regarding") if is_new else obj.get("involvedObject")) or {}).get("namespace", "")
    mismatch = invalid("involvedObject.namespace", where, _MISMATCH)
    if not obj.get("eventTime"):
        return [mismatch] if own != (where or "default") else []
    out: Findings = [mismatch] if not where and own not in ("default", "kube-system") else []
    controller = obj.get("reportingController" if is_new else "reportingComponent", "")
    out += [] if controller else [required("reportingController")]
    out += rule("reportingController", controller, names.qualified)
    for field, limit in _LIMITS.items():
        value = obj.get(field, "")
        out += [] if value else [required(field)]
        if len(value.encode()) > limit:
            out.append(invalid(field, "", f"can have at most {limit} characters"))
    if len(obj.get("note" if is_new else "message", "").encode()) > _MAX_NOTE:
        out.append(invalid("message", "", f"can have at most {_MAX_NOTE} characters"))
    return out


def _series(obj: Obj) -> Findings:
    series = obj.get("series")
    out: Findings = []
    if series is not None and series.get("count", 0) < 2:
        out.append(invalid("series.count", "", "should be at least 2"))
    if series is not None and not series.get("lastObservedTime"):
        out.append(required("series.lastObservedTime"))
    return out


def event_update(new: Obj, old: Obj) -> Findings:
    """Events of the newer group hardly change."""
    out = _any_event(new)
    if not _is_new(new):
        return out
    if new.get("series") != old.get("series"):
        out += _series(new)
    for shown, field in _FROZEN:
        if new.get(field) != old.get(field):
            out.append(invalid(shown, _in_memory(field, new.get(field)), IMMUTABLE))
    return out


def _in_memory(field: str, value: Any) -> Any:
    if field in ("regarding", "deprecatedSource"):
        value = value or {}
    elif value is None and field != "related" and not field.endswith("Timestamp"):
        return 0 if field == "deprecatedCount" else ""
    return internal_form(_TYPES[field], value) if field in _TYPES else value
