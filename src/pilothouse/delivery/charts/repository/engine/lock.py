"""Chart.lock: its digest, its text, and whether it still belongs to Chart.yaml.

The digest is taken over the JSON Go makes of what was asked for and what was chosen, so it is helm's own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import orjson

from pilothouse.delivery.charts.engine.chart.loading import plain_text
from pilothouse.delivery.charts.engine.yaml.writer import write_yaml
from pilothouse.delivery.charts.release.engine.plainvalues import plain_value

Requirement = dict[str, Any]
_GO_ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def _record(item: Requirement) -> Requirement:
    out: Requirement = {"name": plain_text(item.get("name") or "")}
    if item.get("version"):
        out["version"] = plain_text(item["version"])
    out["repository"] = plain_text(item.get("repository") or "")
    if item.get("condition"):
        out["condition"] = plain_text(item["condition"])
    if item.get("tags") and isinstance(item["tags"], list):
        out["tags"] = [plain_text(tag) for tag in item["tags"]]
    if item.get("enabled") is True:
        out["enabled"] = True
    if item.get("import-values"):
        out["import-values"] = _sorted(plain_value(item["import-values"]))
    if item.get("alias"):
        out["alias"] = plain_text(item["alias"])
    return out


def _sorted(value: Any) -> Any:
    """Maps of no declared type are written with their keys in order."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def lock_digest(wanted: Sequence[Requirement], chosen: Sequence[Requirement]) -> str:
    """Return the digest of a lock."""
    text = orjson.dumps([[_record(item) for item in wanted], [_record(item) for item in chosen]]).decode()
    return "sha256:" + hashlib.sha256(text.translate(_GO_ESCAPES).encode()).hexdigest()


def lock_text(wanted: Sequence[Requirement], chosen: Sequence[Requirement], now: str) -> str:
    """Return Chart.lock."""
    entries = [_record(item) for item in chosen]
    return write_yaml({"dependencies": entries, "digest": lock_digest(wanted, chosen), "generated": now})


def is_in_sync(wanted: Sequence[Requirement], lock: dict[str, Any]) -> bool:
    """Whether a lock was made for these requirements."""
    return lock.get("digest") == lock_digest(wanted, locked(lock))


def locked(lock: dict[str, Any]) -> list[Requirement]:
    """Return the versions a lock holds."""
    found = lock.get("dependencies")
    return [dict(item) for item in found if isinstance(item, dict)] if isinstance(found, list) else []
