"""The files of one commit, read from a mirror without a checkout: links are followed inside, submodules through their mirrors.

Blocks; called by renderers off the event loop. Every path that is read is noted with the id it has, which is what renders are
remembered by.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pygit2

from pilothouse.delivery.gitops.adapters.git.submodules import submodule_url
from pilothouse.delivery.gitops.engine.sources.files import (
    MAX_BYTES,
    MAX_FILE_BYTES,
    MAX_FILES,
    clean_path,
    listing_token,
)
from pilothouse.delivery.gitops.errors import SourceInvalid

MAX_LINKS = 40
MAX_LISTED = 200_000
_LFS = b"version https://git-lfs.github.com/spec/"
_READ = (".yaml", ".yml", ".json", ".tpl", ".tgz", ".txt")
_MODE = pygit2.enums.FileMode
OpenSubmodule = Callable[[str, str], Any]
"""Returns the mirror (a pygit2 Repository) that has a commit of a URL."""


class Found(msgspec.Struct, frozen=True):
    """An object of a commit: of this repository or of a submodule."""

    repository: Any
    item: Any
    path: str

    @property
    def is_folder(self) -> bool:
        """Whether it has entries."""
        return isinstance(self.item, pygit2.Tree)


class CommitFiles:
    """The files of a commit."""

    def __init__(self, repository: Any, url: str, commit: str, open_submodule: OpenSubmodule) -> None:
        """Read `commit` of a mirror."""
        self._repository, self._url, self._commit, self._open_submodule = repository, url, commit, open_submodule
        self._root = repository[commit].peel(pygit2.Commit).tree
        self.reads: dict[str, str] = {}
        """The token of everything that was read: of files and whole folders by path, of listings by `path/`."""

    def read(self, path: str) -> bytes | None:
        """Return a file; raises `SourceInvalid` for large files and pointers of Git LFS."""
        found = self._noted(path)
        return None if found is None or found.is_folder else _content(found)

    def entries(self, path: str) -> Mapping[str, bool] | None:
        """Return the names in a folder; links count as what they lead to."""
        found = self._find(path)
        listing = self._listing(found) if found is not None and found.is_folder else None
        self.reads[f"{clean_path(path)}/"] = listing_token(listing)
        return listing

    def _listing(self, found: Found) -> dict[str, bool]:
        listing: dict[str, bool] = {}
        for entry in found.item:
            if entry.filemode == _MODE.LINK:
                target = self._find(f"{found.path}/{entry.name}")
                if target is not None:
                    listing[entry.name] = target.is_folder
            else:
                listing[entry.name] = entry.filemode in (_MODE.TREE, _MODE.COMMIT)
        return listing

    @property
    def root(self) -> str:
        """The id of the whole tree, which two commits share when nothing differs."""
        return str(self._root.id)

    def everything(self) -> list[tuple[str, bool]]:
        """Return every path with whether it is a folder; links are files, submodules empty folders."""
        found: list[tuple[str, bool]] = []
        todo = [("", self._root)]
        while todo:
            prefix, tree = todo.pop()
            for entry in tree:
                path, is_folder = f"{prefix}{entry.name}", entry.filemode in (_MODE.TREE, _MODE.COMMIT)
                found.append((path, is_folder))
                if entry.filemode == _MODE.TREE:
                    todo.append((f"{path}/", entry))
            if len(found) > MAX_LISTED:
                raise SourceInvalid(f"repository {self._url} has more than {MAX_LISTED} files")
        return found

    def walk(self, path: str) -> Mapping[str, bytes]:
        """Return all files below a folder; raises `SourceInvalid` over 20,000 files or 128 MiB."""
        found = self._noted(path)
        if found is None or not found.is_folder:
            return {}
        walk = _Walk(self, path)
        walk.folder(found, "", 0)
        return walk.files

    def token(self, path: str) -> str:
        """Return what changes when something at a path (`path/`: the names in a folder) does, empty for nothing."""
        if path.endswith("/"):
            found = self._find(path)
            return listing_token(self._listing(found) if found is not None and found.is_folder else None)
        found = self._find(path)
        return "" if found is None else str(found.item.id)

    def _noted(self, path: str) -> Found | None:
        found = self._find(path)
        self.reads[clean_path(path)] = "" if found is None else str(found.item.id)
        if found is not None:
            self.reads[found.path] = str(found.item.id)  # where links lead
        return found

    def _find(self, path: str) -> Found | None:
        """Return what is at a path, links and submodules followed; raises `SourceInvalid` for links that lead out."""
        todo = deque(clean_path(path).split("/"))
        at: list[Found] = [Found(self._repository, self._root, "")]
        links = 0
        while todo:
            part = todo.popleft()
            if part in ("", "."):
                continue
            if part == "..":
                if len(at) == 1:
                    raise self._outside(path)
                at.pop()
                continue
            here = at[-1]
            if not here.is_folder or part not in here.item:
                return None
            entry, place = here.item[part], f"{here.path}/{part}".lstrip("/")
            if entry.filemode == _MODE.LINK:
                links += 1
                target = entry.data.decode("utf-8", "replace")
                if links > MAX_LINKS or target.startswith("/"):
                    raise self._outside(path)
                todo.extendleft(reversed(target.split("/")))
            elif entry.filemode == _MODE.COMMIT:
                at.append(self._submodule(place, str(entry.id)))
            else:
                at.append(Found(here.repository, entry, place))
        return at[-1]

    def _outside(self, path: str) -> SourceInvalid:
        return SourceInvalid(
            f"{path!r} is a symbolic link that leads out of the repository {self._url} or in circles",
            fix="link to files of the repository only",
        )

    def _submodule(self, place: str, commit: str) -> Found:
        modules = self._root[".gitmodules"].data if ".gitmodules" in self._root else b""
        self.reads[".gitmodules"] = str(self._root[".gitmodules"].id) if modules else ""
        repository = self._open_submodule(submodule_url(modules, place, self._url), commit)
        return Found(repository, repository[commit].peel(pygit2.Commit).tree, place)


def _content(found: Found) -> bytes:
    if found.item.size > MAX_FILE_BYTES:
        raise SourceInvalid(f"{found.path} is larger than {MAX_FILE_BYTES >> 20} MiB")
    data: bytes = found.item.data
    _refuse_pointer(found, data)
    return data


def _refuse_pointer(found: Found, data: bytes) -> None:
    if data.startswith(_LFS):
        raise SourceInvalid(
            f"{found.path} is a pointer of Git LFS, whose content is not in the repository",
            fix="keep manifests, charts and values out of Git LFS",
        )


class _Walk:
    """Collects the files below a folder."""

    def __init__(self, files: CommitFiles, start: str) -> None:
        self._of, self._start, self._size = files, start, 0
        self.files: dict[str, bytes] = {}

    def folder(self, found: Found, prefix: str, links: int) -> None:
        for entry in found.item:
            name = f"{prefix}{entry.name}"
            place = f"{found.path}/{entry.name}".lstrip("/")
            if entry.filemode in (_MODE.LINK, _MODE.COMMIT):
                target = self._of._noted(place)
                if target is None:
                    continue
                if links == MAX_LINKS:
                    raise self._of._outside(place)
                self._take(target, name, links + 1)
            else:
                self._take(Found(found.repository, entry, place), name, links)

    def _take(self, found: Found, name: str, links: int) -> None:
        if found.is_folder:
            self.folder(found, f"{name}/", links)
            return
        self._size += found.item.size
        if len(self.files) == MAX_FILES or self._size > MAX_BYTES:
            raise SourceInvalid(f"source path {self._start!r} has more than {MAX_FILES} files or {MAX_BYTES >> 20} MiB")
        data: bytes = found.item.data
        if name.endswith(_READ):  # a picture nobody reads may be anywhere
            _refuse_pointer(found, data)
        self.files[name] = data
