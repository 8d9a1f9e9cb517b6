"""What differs between two sets of objects, as text; the values of Secrets are never shown.

Called with manifests of two revisions, or with live objects and what an apply would make of them.
"""

from __future__ import annotations

import base64
import binascii
import difflib
from collections.abc import Iterable

import msgspec

from pilothouse.api.meta import Tree, metadata
from pilothouse.delivery.charts.engine.yaml.writer import write_yaml
from pilothouse.delivery.charts.release.engine.objects import Identity, identity_of

_VOLATILE = ("managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "selfLink")
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""kubectl's copy of the object, with the values of Secrets."""
Trees = Iterable[Tree]


class Difference(msgspec.Struct, frozen=True):
    """One object that differs: `added`, `removed` or `changed`, and its lines with `+`, `-` or a space in front."""

    identity: Identity
    change: str
    lines: tuple[str, ...]

    @property
    def title(self) -> str:
        """Name the object as helm-diff does."""
        found = self.identity
        place = f"{found.namespace}, {found.name}, {found.kind} ({found.group or 'v1'})"
        return f"{place} has {'changed' if self.change == 'changed' else f'been {self.change}'}:"


def diff_objects(old: Trees, new: Trees, *, context: int = -1, shows_secrets: bool = False) -> list[Difference]:
    """Return what differs, in the order of the new objects, then of those that go; `context` lines around each change."""
    before = {identity_of(tree): settled(tree) for tree in old}
    after = {identity_of(tree): settled(tree) for tree in new}
    found: list[Difference] = []
    for identity in [*after, *(each for each in before if each not in after)]:
        left, right = before.get(identity), after.get(identity)
        if left == right:
            continue
        change = "added" if left is None else "removed" if right is None else "changed"
        if identity.kind == "Secret" and identity.group == "" and not shows_secrets:
            left, right = _masked(left, right)
        lines = _lines(_text(left), _text(right), context)
        found.append(Difference(identity, change, tuple(lines)))
    return found


def settled(tree: Tree) -> Tree:
    """Return an object without what the server keeps for itself; a Secret's plain texts are written as data."""
    meta = {key: value for key, value in metadata(tree).items() if key not in _VOLATILE and value not in ({}, None)}
    annotations = {key: value for key, value in (meta.pop("annotations", None) or {}).items() if key != _LAST_APPLIED}
    meta |= {"annotations": annotations} if annotations else {}
    out = {key: value for key, value in tree.items() if key not in ("status", "metadata")}
    if tree.get("kind") == "Secret" and isinstance(tree.get("stringData"), dict):
        texts = {key: base64.b64encode(str(value).encode()).decode() for key, value in out.pop("stringData").items()}
        out["data"] = {**(out.get("data") or {}), **texts}
    return {**out, "metadata": meta}


def _text(tree: Tree | None) -> list[str]:
    return write_yaml(tree).splitlines() if tree is not None else []


def _lines(left: list[str], right: list[str], context: int) -> list[str]:
    whole = len(left) + len(right)
    lines = difflib.unified_diff(left, right, n=whole if context < 0 else context, lineterm="")
    return [
        line if line.startswith("@@") else f"{line[0]} {line[1:]}" for line in list(lines)[2:] if context >= 0 or line[:2] != "@@"
    ]


def _size(value: object) -> int:
    try:
        return len(base64.b64decode(str(value), validate=True))
    except (binascii.Error, ValueError):
        return len(str(value))


def _masked(left: Tree | None, right: Tree | None) -> tuple[Tree | None, Tree | None]:
    """Return both sides with their values replaced by whether they differ, and by their length."""
    old, new = ((side or {}).get("data") or {} for side in (left, right))

    def cover(side: Tree | None, other: Tree, mark: str) -> Tree | None:
        if side is None or not isinstance(side.get("data"), dict):
            return side
        shown = {
            key: f"{'REDACTED' if key in other and other[key] == value else mark * 8} # ({_size(value)} bytes)"
            for key, value in side["data"].items()
        }
        return {**side, "data": shown}

    return cover(left, new, "-"), cover(right, old, "+")


def differences_text(found: Iterable[Difference]) -> str:
    """Return differences as they are printed."""
    return "".join("\n".join((each.title, *each.lines)) + "\n" for each in found)
