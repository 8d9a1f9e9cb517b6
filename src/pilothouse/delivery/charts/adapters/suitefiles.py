"""The files of test suites: in a chart's folder, or inside its archive, where snapshots can be read but not written."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Protocol

from pilothouse.delivery.charts.adapters.archive import MAX_FILE
from pilothouse.delivery.charts.adapters.folders import read_chart_files
from pilothouse.delivery.charts.engine.rendering.objects import glob_pattern
from pilothouse.delivery.charts.errors import ValuesInvalid

SNAPSHOTS = "__snapshot__"


class SuiteFiles(Protocol):
    """Where suites, values files and snapshots are. Paths are as they are shown."""

    def find(self, inner: str, patterns: Sequence[str]) -> list[str]:
        """Return the files that fit patterns below a chart's folder; `inner` is the path of a subchart, empty for none."""
        ...

    def read(self, path: str, beside: str = "") -> bytes:
        """Return a file, by its path from the file `beside`; raises ValuesInvalid."""
        ...

    def exists(self, path: str) -> bool:
        """Say whether there is such a file."""
        ...

    def write(self, path: str, text: str) -> None:
        """Write a file; raises ValuesInvalid when it cannot be kept."""
        ...


class FolderFiles:
    """Files on disk."""

    def __init__(self, root: str) -> None:
        """Read below a chart's folder."""
        self.root = root

    def find(self, inner: str, patterns: Sequence[str]) -> list[str]:
        """Return the files that fit, sorted, as paths from the working folder."""
        base = Path(self.root, inner)
        found: set[str] = set()
        for pattern in patterns:
            whole = Path(pattern)
            if whole.is_absolute():
                found.add(str(whole))
            else:
                found.update(str(path) for path in base.glob(pattern) if path.is_file())
        return sorted(found)

    def read(self, path: str, beside: str = "") -> bytes:
        """Return a file."""
        place = os.path.normpath(Path(beside).parent / path) if beside else path
        try:
            if Path(place).stat().st_size > MAX_FILE:
                raise ValuesInvalid(f"{place} is larger than {MAX_FILE} bytes")
            return Path(place).read_bytes()
        except OSError as error:
            raise ValuesInvalid(f"open {place}: {(error.strerror or 'cannot be read').lower()}") from None

    def exists(self, path: str) -> bool:
        """Say whether there is such a file."""
        return Path(path).is_file()

    def write(self, path: str, text: str) -> None:
        """Write a file, its folder too."""
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text(text, encoding="utf-8", newline="")
        except OSError as error:
            raise ValuesInvalid(f"open {path}: {(error.strerror or 'cannot be written').lower()}") from None


class PackedFiles:
    """Files of an archive, by their path inside the chart."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """Read what an archive holds."""
        self.files = files

    def find(self, inner: str, patterns: Sequence[str]) -> list[str]:
        """Return the files that fit, sorted."""
        prefix = f"{inner}/" if inner else ""
        wanted = [_glob(pattern) for pattern in patterns]
        names = [name for name in self.files if name.startswith(prefix)]
        return sorted(name for name in names if any(one.fullmatch(name.removeprefix(prefix)) for one in wanted))

    def read(self, path: str, beside: str = "") -> bytes:
        """Return a file."""
        place = os.path.normpath(PurePosixPath(beside).parent / path) if beside else path
        if place not in self.files:
            raise ValuesInvalid(f"open {place}: no such file in the archive")
        return self.files[place]

    def exists(self, path: str) -> bool:
        """Say whether there is such a file."""
        return path in self.files

    def write(self, path: str, text: str) -> None:
        """Refuse: archives are not changed."""
        raise ValuesInvalid(f"{path} cannot be written into an archive", fix="run the suites in the chart's folder")


def _glob(pattern: str) -> re.Pattern[str]:
    return glob_pattern(pattern.replace("**/", "{,**/}"))


def suite_files(path: str) -> SuiteFiles:
    """Return where the suites of the chart at `path` are; raises ChartInvalid."""
    return FolderFiles(path) if Path(path).is_dir() else PackedFiles(read_chart_files(Path(path)))


def snapshot_path(suite: str, snapshot_id: str) -> str:
    """Return the file of a suite's snapshots."""
    place = PurePosixPath(suite)
    return str(place.parent / SNAPSHOTS / f"{place.name}{f'_{snapshot_id}' if snapshot_id else ''}.snap")
