"""Read charts from disk: a folder (with its .helmignore) or an archive."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pilothouse.delivery.charts.adapters.archive import MAX_FILE, MAX_FILES, MAX_TOTAL, read_archive
from pilothouse.delivery.charts.engine.chart.ignore import Rules
from pilothouse.delivery.charts.errors import ChartInvalid


def read_folder(root: Path) -> dict[str, bytes]:
    """Return the files of a chart folder, ignored ones left out; raises ChartInvalid."""
    ignore = root / ".helmignore"
    rules = Rules(ignore.read_text(encoding="utf-8", errors="replace") if ignore.is_file() else "")
    out: dict[str, bytes] = {}
    total = 0
    for folder, names, files in os.walk(root):
        names.sort()
        base = Path(folder).relative_to(root).as_posix()
        prefix = "" if base == "." else base + "/"
        names[:] = [name for name in names if not rules.ignores(prefix + name, True)]
        for name in sorted(files):
            path = prefix + name
            if rules.ignores(path, False):
                continue
            data = _read(Path(folder) / name, path)
            if data is None:
                continue
            total += len(data)
            if total > MAX_TOTAL or len(out) > MAX_FILES:
                raise ChartInvalid(f"chart folder {root} is larger than {MAX_TOTAL} bytes or {MAX_FILES} files")
            out[path] = data
    return dict(sorted(out.items(), key=lambda item: item[0].split("/")))


def _read(path: Path, name: str) -> bytes | None:
    if not path.is_file():
        return None
    size = path.stat().st_size
    if size > MAX_FILE:
        raise ChartInvalid(f'chart file "{name}" is larger than the maximum file size {MAX_FILE}')
    return path.read_bytes()


def read_chart_files(path: Path) -> dict[str, bytes]:
    """Return the files of the chart at `path`; raises ChartInvalid."""
    if path.is_dir():
        return read_folder(path)
    if not path.exists():
        raise ChartInvalid(f"path {str(path)!r} not found".replace("'", '"'))
    data = path.read_bytes()
    if data[:2] != b"\x1f\x8b":
        raise ChartInvalid(f"file '{path}' does not appear to be a gzipped archive; got '{_sniff(data)}'")
    try:
        return read_archive(data)
    except ChartInvalid:
        raise ChartInvalid("unable to load chart archive") from None


def _sniff(data: bytes) -> str:
    try:
        data[:512].decode()
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "application/octet-stream" if b"\0" in data[:512] else "text/plain; charset=utf-8"


def without_ignored(files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Return the files of a chart without those its .helmignore names; raises ChartInvalid."""
    if ".helmignore" not in files:
        return files
    rules = Rules(files[".helmignore"].decode("utf-8", "replace"))

    def is_ignored(path: str) -> bool:
        parts = path.split("/")
        return rules.ignores(path, False) or any(rules.ignores("/".join(parts[:end]), True) for end in range(1, len(parts)))

    return {path: data for path, data in files.items() if not is_ignored(path)}
