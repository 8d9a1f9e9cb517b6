"""From a Pod template to a Pod, and the hash that names a template."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pilothouse.api.meta import Tree, metadata, name_of, owner_reference

_HASH_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
TEMPLATE_HASH = "pod-template-hash"


def template_hash(template: Tree, collisions: int = 0) -> str:
    """Return ten characters that change with the Pod template."""
    text = json.dumps(template, sort_keys=True, separators=(",", ":")) + (f"#{collisions}" if collisions else "")
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    digits = []
    for _ in range(10):
        number, index = divmod(number, len(_HASH_ALPHABET))
        digits.append(_HASH_ALPHABET[index])
    return "".join(digits)


def pod_from_template(template: Tree, owner: Tree, *, name: str = "", labels: dict[str, str] | None = None) -> Tree:
    """Return a Pod to create for `owner`: named `name`, or by a generated name."""
    source = template.get("metadata") or {}
    meta: dict[str, Any] = {
        "namespace": metadata(owner).get("namespace", ""),
        "labels": {**(source.get("labels") or {}), **(labels or {})},
        "annotations": dict(source.get("annotations") or {}),
        "ownerReferences": [owner_reference(owner)],
    }
    if source.get("finalizers"):
        meta["finalizers"] = list(source["finalizers"])
    if name:
        meta["name"] = name
    else:
        meta["generateName"] = f"{name_of(owner)[:52]}-"
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": template.get("spec") or {}}
