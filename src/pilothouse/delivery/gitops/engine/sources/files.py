"""The files of one source, as renderers see them: a commit, an artefact of a registry, or a mapping in tests.

Renderers only ask for paths, so that every path that was really read is known and a render can be kept until one of them changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Protocol

from pilothouse.delivery.gitops.errors import SourceInvalid

MAX_FILES = 20_000
MAX_BYTES = 128 << 20
MAX_FILE_BYTES = 32 << 20


class Files(Protocol):
    """Files by their path, `/` between folders, no `/` in front."""

    def read(self, path: str) -> bytes | None:
        """Return the content of a file, None when there is none; raises `SourceInvalid` for a path that leads out."""
        ...

    def entries(self, path: str) -> Mapping[str, bool] | None:
        """Return the names in a folder and whether each is a folder itself; None when it is none."""
        ...

    def walk(self, path: str) -> Mapping[str, bytes]:
        """Return every file below a folder by its path relative to it; raises `SourceInvalid` over the limits."""
        ...


def clean_path(path: str) -> str:
    """Return a path without dots and double slashes, empty for the root; raises `SourceInvalid` when it leaves the source."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                raise SourceInvalid(f"path {path!r} leaves the repository", fix="use paths inside the repository")
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def join_path(folder: str, path: str) -> str:
    """Return a path seen from a folder; one that starts with `/` is seen from the root."""
    return clean_path(path if path.startswith("/") else f"{folder}/{path}")


class MappingFiles:
    """Files that are all there: of an artefact, a chart, or a test."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """Serve `files` by their paths from the root."""
        self._files = files
        self._folders: dict[str, dict[str, bool]] = {"": {}}
        for path in files:
            folder, _, name = path.rpartition("/")
            self._folder(folder)[name] = False

    def _folder(self, path: str) -> dict[str, bool]:
        found = self._folders.get(path)
        if found is None:
            found = self._folders[path] = {}
            above, _, name = path.rpartition("/")
            self._folder(above)[name] = True
        return found

    def read(self, path: str) -> bytes | None:
        """Return a file."""
        return self._files.get(clean_path(path))

    def entries(self, path: str) -> Mapping[str, bool] | None:
        """Return the names in a folder."""
        return self._folders.get(clean_path(path))

    def walk(self, path: str) -> Mapping[str, bytes]:
        """Return the files below a folder."""
        start = clean_path(path)
        prefix = f"{start}/" if start else ""
        return {name.removeprefix(prefix): data for name, data in self._files.items() if name.startswith(prefix)}


def listing_token(entries: Mapping[str, bool] | None) -> str:
    """Return a text that changes when the names in a folder do; empty for no folder."""
    if entries is None:
        return ""
    text = "\0".join(f"{name}/" if is_folder else name for name, is_folder in sorted(entries.items()))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:24]
