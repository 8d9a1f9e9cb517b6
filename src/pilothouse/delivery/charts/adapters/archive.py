"""Read chart archives (.tgz) within limits; names that leave the chart's folder are refused, links are ignored."""

from __future__ import annotations

import io
import re
import tarfile
import zlib

from pilothouse.delivery.charts.errors import ChartInvalid

MAX_TOTAL = 100 * 1024 * 1024
MAX_FILE = 5 * 1024 * 1024
MAX_FILES = 50_000
_DRIVE = re.compile(r"^[a-zA-Z]:/")


def _relative(name: str) -> str | None:
    """Return the path inside the chart, None for entries at the top; raises ChartInvalid for unsafe names."""
    name = name.replace("\\", "/")
    parts = name.split("/")
    if ".." in parts:
        raise ChartInvalid("chart illegally references parent directory")
    inner = [p for p in parts[1:] if p not in ("", ".")]
    if not inner:
        return None
    path = "/".join(inner)
    if _DRIVE.match(path):
        raise ChartInvalid("chart contains illegally named files")
    return path


def _members(tar: tarfile.TarFile) -> dict[str, bytes]:
    out: dict[str, bytes] = {}
    total = count = 0
    for member in tar:
        count += 1
        if count > MAX_FILES:
            raise ChartInvalid(f"chart archive has more than {MAX_FILES} entries")
        if member.isdir() or not member.isreg():
            continue
        path = _relative(member.name)
        if path is None:
            raise ChartInvalid("chart base directory is missing")
        total += member.size
        if member.size > MAX_FILE:
            raise ChartInvalid(f"decompressed chart file {path!r} is larger than the maximum file size {MAX_FILE}")
        if total > MAX_TOTAL:
            raise ChartInvalid(f"decompressed chart is larger than the maximum size {MAX_TOTAL}")
        source = tar.extractfile(member)
        if source is not None:
            out[path] = source.read(MAX_FILE + 1)
    return out


def read_archive(data: bytes) -> dict[str, bytes]:
    """Return the files of a chart archive by their path inside the chart; raises ChartInvalid."""
    if data[:2] != b"\x1f\x8b":
        raise ChartInvalid("does not appear to be a gzipped archive")
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as tar:
            files = _members(tar)
    except (tarfile.TarError, EOFError, OSError, zlib.error, ValueError) as error:
        raise ChartInvalid(f"chart archive cannot be read: {error}") from None
    if not files:
        raise ChartInvalid("no files in chart archive")
    return files
