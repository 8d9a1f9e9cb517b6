"""Named formats: `format.dns1123Label().validate(self.name)`.

The rules of names belong to the caller, who knows their wording; this file only gives them a place in the language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pilothouse.api.cel.functions import Row
from pilothouse.api.cel.values import NONE, Opaque, Optional

FORMAT = "kubernetes.NamedFormat"
Rules = Mapping[str, Callable[[str], Sequence[str]]]


def _validate(found: Opaque, text: str) -> Optional:
    problems = list(found.data(text))
    return Optional(problems) if problems else NONE


def rows(rules: Rules) -> list[Row]:
    """Return the functions for a table of format name -> what is wrong with a text."""
    values = {name: Opaque(FORMAT, rule) for name, rule in rules.items()}

    def named(name: str) -> Optional:
        return Optional(values[name]) if name in values else NONE

    def constant(value: Opaque) -> Callable[[], Opaque]:
        return lambda: value

    return [
        ("validate", f"{FORMAT}.(string) optional<list<string>>", _validate),
        ("format.named", f"(string) optional<{FORMAT}>", named),
        *((f"format.{name}", f"() {FORMAT}", constant(value)) for name, value in values.items()),
    ]
