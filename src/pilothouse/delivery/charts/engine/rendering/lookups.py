"""`lookup` answered from a snapshot of objects, for renders that have no cluster: previews, tests, GitOps.

A file of `kubectl get … -o yaml` holds one object or a List; several documents are fine. Whole numbers are int64, as they are
in a cluster.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pilothouse.delivery.charts.engine.values.kinds import Int64
from pilothouse.delivery.charts.engine.yaml.reader import Composer, YamlError, check_text
from pilothouse.delivery.charts.engine.yaml.resolve import OLD_WORDS
from pilothouse.delivery.charts.errors import ValuesInvalid

MAX_OBJECTS = 100_000
_DOCUMENTS = re.compile(r"(?:^|\n)---[ \t]*(?=\n|$)")


class ObjectComposer(Composer):
    """Composes objects: whole numbers are int64, and `n` is a name."""

    whole = Int64
    words = OLD_WORDS


def read_objects(data: bytes, source: str) -> list[dict[str, Any]]:
    """Return the objects of a YAML or JSON file, those of Lists one by one; raises ValuesInvalid."""
    out: list[dict[str, Any]] = []
    try:
        for part in _DOCUMENTS.split(data.decode("utf-8")):
            value = ObjectComposer(check_text(part)).document()
            for item in value if isinstance(value, list) else [value]:
                out += _objects(item, source)
    except UnicodeDecodeError:
        raise ValuesInvalid(f"lookup: {source} is not UTF-8 text") from None
    except YamlError as error:
        raise ValuesInvalid(f"lookup: {source}: {error}") from None
    return out


def _objects(value: Any, source: str) -> list[dict[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, dict) or not isinstance(value.get("kind"), str) or not isinstance(value.get("apiVersion"), str):
        problem = f"lookup: {source} has something without apiVersion and kind"
        raise ValuesInvalid(problem, fix="write it with kubectl get … -o yaml")
    items = value.get("items")
    if value["kind"].endswith("List") and isinstance(items, list):
        return [found for item in items for found in _objects(_typed(item, value), source)]
    return [value]


def _typed(item: Any, listed: dict[str, Any]) -> Any:
    """Return an item of a typed list with the kind the server left out."""
    if not isinstance(item, dict) or listed["kind"] == "List":
        return item
    return {"apiVersion": listed["apiVersion"], "kind": listed["kind"].removesuffix("List"), **item}


class SnapshotLookup:
    """Answers as a cluster with these objects would; of two with one name the later counts."""

    def __init__(self, objects: Iterable[dict[str, Any]]) -> None:
        """Keep the objects by kind; raises ValuesInvalid when there are too many."""
        self._kinds: dict[tuple[str, str], dict[tuple[str, str], dict[str, Any]]] = {}
        for count, one in enumerate(objects):
            if count >= MAX_OBJECTS:
                raise ValuesInvalid(f"lookup: a snapshot may have {MAX_OBJECTS} objects")
            metadata = one.get("metadata")
            known = metadata if isinstance(metadata, dict) else {}
            place = (str(known.get("namespace") or ""), str(known.get("name") or ""))
            self._kinds.setdefault((str(one.get("apiVersion")), str(one.get("kind"))), {})[place] = one

    def __call__(self, api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any]:
        """Return one object, or with an empty name the list of them; an empty map when there is no such object."""
        found = self._kinds.get((api_version, kind), {})
        if name:
            return found.get((namespace, name)) or found.get(("", name)) or {}
        items = [one for place, one in sorted(found.items()) if namespace in ("", place[0]) or not place[0]]
        head = {"apiVersion": api_version, "kind": f"{kind}List"}
        return {**head, "metadata": {"continue": "", "resourceVersion": ""}, "items": items}
