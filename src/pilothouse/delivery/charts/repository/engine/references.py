"""Places in registries: `oci://host/path:tag@digest`, and versions as tags.

A tag has no `+`, so the build part of a version is written with `_`, as helm does.
"""

from __future__ import annotations

import re

from pilothouse.delivery.charts.repository.errors import RepositoryInvalid
from pilothouse.delivery.charts.repository.types import Reference

SCHEME = "oci://"
_HOST = r"[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::\d{1,5})?|\[[0-9a-fA-F:]+\](?::\d{1,5})?"
_NAME = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?P<host>{_HOST})/(?P<path>{_NAME}(?:/{_NAME})*)(?::(?P<tag>[\w][\w.+-]{{0,127}}))?(?:@(?P<digest>sha256:[0-9a-f]{{64}}))?"
)


def is_registry(text: str) -> bool:
    """Whether a text names a place in a registry."""
    return text.startswith(SCHEME)


def read_reference(text: str) -> Reference:
    """Return the place a text names; raises RepositoryInvalid."""
    match = _REFERENCE.fullmatch(text.removeprefix(SCHEME))
    if match is None:
        raise RepositoryInvalid(
            f"invalid reference {text}",
            fix="write it as in oci://registry.example.com/charts/web:1.2.3, the path in small letters",
        )
    return Reference(match["host"], match["path"], (match["tag"] or "").replace("+", "_"), match["digest"] or "")


def tag_of(version: str) -> str:
    """Return the tag of a version."""
    return version.replace("+", "_")


def version_of_tag(tag: str) -> str:
    """Return the version a tag stands for."""
    return tag.replace("_", "+")
