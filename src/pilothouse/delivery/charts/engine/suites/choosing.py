"""Which templates a suite renders, and which files and documents an assertion looks at."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from pilothouse.delivery.charts.engine.suites.documents import Document, same
from pilothouse.delivery.charts.engine.suites.paths import find
from pilothouse.delivery.charts.engine.suites.records import Assertion, Selector

EVERYTHING = "**"
_ROOTS = ("templates", "charts", "crds", EVERYTHING)
Files = dict[str, list[Document]]


class NotChosen(ValueError):
    """The documents of an assertion cannot be told; the message says why."""


def full_name(route: str, template: str) -> str:
    """Return a template's name with its chart; `templates/` may be left out."""
    inner = template if template.startswith(_ROOTS) else f"templates/{template}"
    return posixpath.normpath(f"{route}/{inner}")


def pattern_of(route: str, template: str) -> re.Pattern[str]:
    """Return what matches the templates a name with `*` and `**` stands for."""
    parts = re.split(r"(\*\*|\*)", full_name(route, template))
    wild = {"**": r"[0-9a-zA-Z_\-/.]+", "*": r"[0-9a-zA-Z_\-/.]*"}
    return re.compile("".join(wild.get(part) or re.escape(part) for part in parts))


def is_chosen(name: str, route: str, wanted: Iterable[str], excluded: Iterable[str]) -> bool:
    """Say whether a suite renders a template; partials always."""
    if posixpath.basename(name).startswith("_"):
        return True
    return any(pattern_of(route, one).search(name) for one in wanted) and not any(
        pattern_of(route, one).search(name) for one in excluded
    )


def names_for(
    assertion: Assertion, case: tuple[str, ...], suite: tuple[str, ...], route: str, rendered: Iterable[str]
) -> list[str]:
    """Return the files an assertion looks at: its own template, the test's, the suite's, or all."""
    named = (assertion.template,) if assertion.template else case
    if named:
        return [full_name(route, name) for name in named]
    if not suite or any("*" in name for name in suite):
        return sorted(rendered)
    return [full_name(route, name) for name in suite]


def documents_for(assertion: Assertion, names: list[str], files: Files) -> Files:
    """Return the documents an assertion looks at, by file; raises NotChosen or PathInvalid."""
    documents = {name: files.get(name, []) for name in names}
    if assertion.selector is not None:
        return _selected(assertion.selector, documents)
    if assertion.index is None or assertion.index < 0:
        return documents
    for name, found in documents.items():
        if assertion.index >= len(found):
            raise NotChosen(f"document index {assertion.index} is out of range: {name} has {len(found)} documents")
    return {name: [found[assertion.index]] for name, found in documents.items()}


def _selected(selector: Selector, documents: Files) -> Files:
    out: Files = {}
    total = 0
    for name, found in documents.items():
        kept = [document for document in found if _matches(selector, document)]
        total += len(kept)
        if not selector.match_many and total > 1:
            raise NotChosen(f"multiple indexes found: documentSelector {selector.path} fits {total} documents; set matchMany")
        if not kept and not selector.skip_empty:
            raise NotChosen(f"document not found: documentSelector {selector.path} fits nothing in {name}")
        if kept:
            out[name] = kept
    return out


def _matches(selector: Selector, document: Document) -> bool:
    values = find(document, selector.path)
    return any(selector.value is None or same(selector.value, value) for value in values)
