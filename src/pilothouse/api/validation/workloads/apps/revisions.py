"""Rules of ControllerRevisions."""

from __future__ import annotations

from pilothouse.api.findings import required
from pilothouse.api.validation.checks import Findings, Obj, immutable, non_negative


def revision(obj: Obj) -> Findings:
    """A new ControllerRevision."""
    out = [required("data", "data is mandatory")] if obj.get("data") is None else []
    return out + non_negative("revision", obj.get("revision"))


def revision_update(new: Obj, old: Obj) -> Findings:
    """The data of a ControllerRevision stays."""
    return revision(new) + immutable("data", new.get("data"), old.get("data"))
