"""One change as the versions of a kind see it.

A manager owns fields of the version it wrote; whether a change touches them is therefore asked in that version. `apply` uses it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from pilothouse.api.fields.sets import FieldSet
from pilothouse.api.fields.typed import compare
from pilothouse.api.schema.node import Schema


class View(msgspec.Struct, frozen=True):
    """Another version of a kind."""

    schema: Schema | None
    see: Callable[[dict[str, Any]], dict[str, Any]]
    """Turns an object of the version that is written into one of this version."""


Views = Callable[[str], View | None]
"""Version -> how it sees objects of the version that is written; None when it has the same fields."""


class Change:
    """The difference between two forms of an object, in each version that somebody asks for."""

    def __init__(
        self, old: dict[str, Any], new: dict[str, Any], schema: Schema | None, api_version: str, views: Views | None,
        strip: Callable[[FieldSet], FieldSet],
    ) -> None:  # fmt: skip
        """Compare two objects of `api_version`; `strip` takes out the fields nobody owns."""
        self._old, self._new, self._views, self._strip = old, new, views, strip
        difference = compare(old, new, schema)
        self.is_empty = not difference
        self._found = {api_version: (strip(difference.modified.union(difference.added)), difference.removed)}

    def at(self, api_version: str) -> tuple[FieldSet, FieldSet]:
        """Return (fields changed or added, fields removed) as a version names them."""
        found = self._found.get(api_version)
        if found is None:
            found = self._found[api_version] = self._compared(api_version)
        return found

    def _compared(self, api_version: str) -> tuple[FieldSet, FieldSet]:
        view = self._views(api_version) if self._views is not None else None
        if view is None:
            return next(iter(self._found.values()))
        difference = compare(view.see(self._old), view.see(self._new), view.schema)
        return self._strip(difference.modified.union(difference.added)), difference.removed
