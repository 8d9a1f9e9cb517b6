"""A folder as it is on disk, uncommitted changes included, as a repository that sources can name.

The repository is a temporary one; nothing is written below the folder, and what its own `.gitignore` leaves out is left out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pilothouse.kit.errors import Invalid, TooLarge

MAX_FILES, MAX_BYTES = 20_000, 512 << 20


@contextmanager
def snapshot(root: Path) -> Iterator[str]:
    """Yield the address of a repository whose only commit is the folder; raises `Invalid`."""
    import pygit2

    if not root.is_dir():
        raise Invalid(f"{root} is no folder", fix="--local names a folder of manifests, a chart or a kustomization")
    with TemporaryDirectory(prefix="pilothouse-diff-") as place:
        try:
            repository = pygit2.init_repository(place, bare=True)
            _add_all(repository, root)
            author = pygit2.Signature("pilothouse", "pilothouse@localhost", 0, 0)
            repository.create_commit("HEAD", author, author, "what is there", repository.index.write_tree(), [])
        except (pygit2.GitError, OSError, ValueError) as error:
            raise Invalid(f"{root} cannot be read: {error}") from error
        yield f"file://{place}"


def _add_all(repository: Any, root: Path) -> None:
    import pygit2
    from pygit2.enums import FileMode

    found, size_bytes = 0, 0
    for path in _files(root):
        data = os.readlink(path).encode() if path.is_symlink() else path.read_bytes()
        found, size_bytes = found + 1, size_bytes + len(data)
        if found > MAX_FILES or size_bytes > MAX_BYTES:
            raise TooLarge(
                f"{root} has more than {MAX_FILES} files or {MAX_BYTES >> 20} MiB", fix="--local names a folder of manifests"
            )
        mode = FileMode.LINK if path.is_symlink() else FileMode.BLOB
        repository.index.add(pygit2.IndexEntry(path.relative_to(root).as_posix(), repository.create_blob(data), mode))


def _files(root: Path) -> Iterator[Path]:
    """Yield the files of a folder but those that are ignored by the repository it belongs to."""
    import pygit2

    place = pygit2.discover_repository(str(root))
    own = pygit2.Repository(place) if place else None
    base = Path(own.workdir).resolve() if own is not None and own.workdir else root.resolve()

    def is_ignored(path: Path) -> bool:
        return own is not None and own.path_is_ignored(path.absolute().relative_to(base).as_posix())

    for folder, names, files in os.walk(root.resolve()):
        here = Path(folder)
        names[:] = sorted(
            name for name in names if name != ".git" and not (here / name).is_symlink() and not is_ignored(here / name)
        )
        for name in sorted(files):
            if name != ".git" and ((here / name).is_file() or (here / name).is_symlink()) and not is_ignored(here / name):
                yield here / name
