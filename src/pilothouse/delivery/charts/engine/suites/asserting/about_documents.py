"""Assertions about documents: whether paths exist, kinds, how many there are, and how long lists in them are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilothouse.delivery.charts.engine.suites.asserting.asked import NOTHING, Asked, Kind, error, expected, shown, told
from pilothouse.delivery.charts.engine.suites.documents import Document
from pilothouse.delivery.charts.engine.suites.paths import PathInvalid, find


def _each(asked: Asked, check: Callable[[Asked, Document, int], list[str]], says: str, wanted: str) -> list[str]:
    if not asked.documents:
        return [] if asked.negative else told(expected(False, says), parts=(("", wanted), ("Actual:", NOTHING)))
    lines: list[str] = []
    for number, document in enumerate(asked.documents):
        try:
            lines += check(asked, document, number)
        except PathInvalid as problem:
            lines += error(str(problem), document=number)
    return lines


def _exists(asked: Asked) -> list[str]:
    path = str(asked.params.get("path") or "")

    def check(asked: Asked, document: Document, number: int) -> list[str]:
        values = find(document, path)
        if bool(values) != asked.negative:
            return []
        parts = (("", path), ("Actual:", shown(values[0]))) if values else (("", path),)
        return told(expected(asked.negative, "to exist"), document=number, parts=parts)

    return _each(asked, check, "to exist", path)


def _is_field(field: str, says: str) -> Callable[[Asked], list[str]]:
    def whole(asked: Asked) -> list[str]:
        wanted = str(asked.params.get("of"))

        def check(asked: Asked, document: Document, number: int) -> list[str]:
            value = document.get(field)
            if (isinstance(value, str) and value == wanted) != asked.negative:
                return []
            return told(expected(asked.negative, says), document=number, parts=(("", wanted), ("Actual:", shown(value))))

        return _each(asked, check, says, wanted)

    return whole


def _has_documents(asked: Asked) -> list[str]:
    wanted = asked.params.get("count")
    found = len(asked.documents if asked.params.get("filteraware") is True else asked.all_documents)
    if (found == wanted) != asked.negative:
        return []
    return told(expected(asked.negative, "documents count to be"), parts=(("", str(wanted)), ("Actual:", str(found))))


def _is_wanted(params: dict[str, Any], document: Document) -> bool:
    for field in ("kind", "apiVersion"):
        if isinstance(document.get(field), str) and document[field] != str(params.get(field.lower()) or ""):
            return False
    metadata = document.get("metadata")
    known = metadata if isinstance(metadata, dict) else {}
    return all(not params.get(field) or known.get(field) == params[field] for field in ("name", "namespace"))


def _contains_document(asked: Asked) -> list[str]:
    wanted = "\n".join(f"{field}: {asked.params[field.lower()]}" for field in ("kind", "apiVersion", "name", "namespace")
                       if asked.params.get(field.lower()))  # fmt: skip
    answers = [_is_wanted(asked.params, document) for document in asked.documents]
    if asked.params.get("any") is True and not asked.negative and any(answers):
        return []
    if asked.params.get("any") is not True and asked.negative and not all(answers):
        return []

    def check(asked: Asked, document: Document, number: int) -> list[str]:
        if answers[number] != asked.negative:
            return []
        actual = "\n".join(f"{field}: {document.get(field)}" for field in ("kind", "apiVersion"))
        parts = (("", wanted), ("Actual:", actual))
        return told(expected(asked.negative, "to contain document"), document=number, parts=parts)

    return _each(asked, check, "to contain document", wanted)


def _lengths(asked: Asked) -> list[str]:
    path, paths, count = (asked.params.get(name) for name in ("path", "paths", "count"))
    if bool(path) == bool(paths):
        return error("lengthEqual needs either 'path' or 'paths'")
    if path and (not isinstance(count, int) or count < 0):
        return error("'count' field must be set if 'path' is used")
    wanted = [str(path)] if path else [str(one) for one in paths or ()]
    says = "to match count"

    def check(asked: Asked, document: Document, number: int) -> list[str]:
        found = {one: [[] if value is None and path else value for value in find(document, one)] for one in wanted}
        missing = [one for one, values in found.items() if not values]
        if missing and not asked.negative:
            return error(f"unknown path {missing[0]}", document=number)
        odd = [one for one, values in found.items() if not all(isinstance(value, list) for value in values)]
        if odd:
            return error(f"{odd[0]} is not array", document=number)
        sizes = [(one, len(value)) for one, values in found.items() for value in values]
        target = count if count is not None else sizes[0][1] if sizes else 0
        holds = all(size == target for _, size in sizes) if not asked.negative else any(size == target for _, size in sizes)
        if asked.negative and count is None:
            holds = all(size == target for _, size in sizes)
        if holds != asked.negative or not sizes:
            return []
        actual = "\n".join(f"{one}: {size}" for one, size in sizes)
        wish = str(count) if count is not None else f"{target}, as in {sizes[0][0]}"
        parts = (("", wish), ("Actual:", actual))
        return told(expected(asked.negative, says), document=number, path=", ".join(wanted), parts=parts)

    return _each(asked, check, says, str(count))


def _document_kinds() -> dict[str, Kind]:
    return {
        "exists": Kind(_exists, needs=("path",)),
        "notExists": Kind(_exists, antonym=True, needs=("path",)),
        "isNotNull": Kind(_exists, needs=("path",)),
        "isNull": Kind(_exists, antonym=True, needs=("path",)),
        "isKind": Kind(_is_field("kind", "to be kind"), needs=("of",)),
        "isAPIVersion": Kind(_is_field("apiVersion", "to be apiVersion"), needs=("of",)),
        "hasDocuments": Kind(_has_documents, needs=("count",)),
        "containsDocument": Kind(_contains_document, needs=("kind", "apiversion")),
        "lengthEqual": Kind(_lengths),
        "notLengthEqual": Kind(_lengths, antonym=True),
    }


DOCUMENT_KINDS = _document_kinds()
