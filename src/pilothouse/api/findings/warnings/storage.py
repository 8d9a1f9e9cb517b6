"""Warnings about volumes and claims."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pilothouse.api.findings.fields import quote
from pilothouse.api.findings.warnings.labels import term_warnings

Tree = Mapping[str, Any]
_CLASS_NOTE, _OPTIONS_NOTE = "volume.beta.kubernetes.io/storage-class", "volume.beta.kubernetes.io/mount-options"
_CLASS_TEXT = 'deprecated since v1.8; use "storageClassName" attribute instead'
_RECYCLE = (
    "The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning."
)  # fmt: skip
REMOVED_SOURCES = {
    "photonPersistentDisk": "deprecated in v1.11, non-functional in v1.16+",
    "scaleIO": "deprecated in v1.16, non-functional in v1.22+",
    "flocker": "deprecated in v1.22, non-functional in v1.25+",
    "storageos": "deprecated in v1.22, non-functional in v1.25+",
    "quobyte": "deprecated in v1.22, non-functional in v1.25+",
    "glusterfs": "deprecated in v1.25, non-functional in v1.26+",
    "cephfs": "deprecated in v1.28, non-functional in v1.31+",
    "rbd": "deprecated in v1.28, non-functional in v1.31+",
}


def fractional(amounts: Tree | None, where: str, names: Sequence[str] = ("memory", "ephemeral-storage")) -> Iterator[str]:
    """Yield warnings about parts of a byte."""
    for name in names:
        value = str((amounts or {}).get(name, ""))
        if value.endswith(("n", "u", "m")):  # what is stored is canonical: whole amounts have no such suffix
            yield f"{where}[{name}]: fractional byte value {quote(value)} is invalid, must be an integer"


def claim_spec_warnings(spec: Tree, where: str) -> Iterator[str]:
    """Yield warnings about the spec of a claim."""
    requests = (spec.get("resources") or {}).get("requests")
    return fractional(requests, f"{where}.resources.requests", ("storage",))


def _class_note_warnings(notes: Tree) -> Iterator[str]:
    if _CLASS_NOTE in notes:
        yield f"metadata.annotations[{_CLASS_NOTE}]: {_CLASS_TEXT}"


def claim_warnings(claim: Tree) -> Iterator[str]:
    """Yield warnings about a claim."""
    yield from _class_note_warnings(claim["metadata"].get("annotations") or {})
    yield from claim_spec_warnings(claim.get("spec") or {}, "spec")


def volume_warnings(volume: Tree) -> Iterator[str]:
    """Yield warnings about a PersistentVolume."""
    spec, notes = volume.get("spec") or {}, volume["metadata"].get("annotations") or {}
    yield from _class_note_warnings(notes)
    if _OPTIONS_NOTE in notes:
        yield f'metadata.annotations[{_OPTIONS_NOTE}]: deprecated since v1.31; use "spec.mountOptions" instead'
    if spec.get("persistentVolumeReclaimPolicy") == "Recycle":
        yield f"spec.persistentVolumeReclaimPolicy: {_RECYCLE}"
    for index, term in enumerate(((spec.get("nodeAffinity") or {}).get("required") or {}).get("nodeSelectorTerms") or ()):
        yield from term_warnings(term, f"spec.nodeAffinity.required.nodeSelectorTerms[{index}]")
    yield from (f"spec.{kind}: {text}" for kind, text in REMOVED_SOURCES.items() if spec.get(kind) is not None)
    yield from fractional(spec.get("capacity"), "spec.capacity", ("storage",))


def class_warnings(storage_class: Tree) -> Iterator[str]:
    """Yield warnings about a StorageClass."""
    for index, term in enumerate(storage_class.get("allowedTopologies") or ()):
        yield from term_warnings(term, f"allowedTopologies[{index}]", "matchLabelExpressions")
