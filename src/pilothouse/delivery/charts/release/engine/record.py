"""A release as bytes: JSON, compressed, in base64, as helm keeps it in a Secret; and in parts when it is too large for one.

Called by the store. A record over the limit of a Secret is taken apart: first the bodies of the chart (its templates and files),
which only a later render needs, so that helm still reads, rolls back and uninstalls the rest; when that is not enough, also
the manifest and the hooks, and then helm skips the release. The parts are put together again on reading.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import zlib
from typing import Any

import msgspec

from pilothouse.delivery.charts.release.errors import ReleaseUnreadable
from pilothouse.delivery.charts.release.types import Release

PART_BYTES = 1_000_000
"""What one Secret holds of a record; a Secret may have 1 MiB of data."""
MAX_RECORD_BYTES = 256 << 20
_CHART_BODIES = ("templates", "files", "schema")
_decode = msgspec.json.Decoder(Release).decode


class _Named(msgspec.Struct):
    name: str | None = None


class _Data(msgspec.Struct):
    name: str
    data: str | None = None


class _Metadata(msgspec.Struct, rename="camel"):
    name: str | None = None
    version: str | None = None
    app_version: str | None = None
    annotations: dict[str, str] | None = None
    dependencies: list[_Named] | None = None


class _Chart(msgspec.Struct):
    """The shapes the chart of a release must have; Go's reader is typed as well."""

    metadata: _Metadata | None = None
    values: dict[str, Any] | None = None
    templates: list[_Data] | None = None
    files: list[_Data] | None = None
    schema: str | None = None


class Stored(msgspec.Struct, frozen=True):
    """A record ready to be stored: the text helm knows, our own text when helm cannot read it, and the rest in parts."""

    text: bytes
    is_readable_by_helm: bool = True
    parts: tuple[bytes, ...] = ()


def _pack(tree: Any) -> bytes:
    return base64.b64encode(gzip.compress(msgspec.json.encode(tree), 6, mtime=0))


def _unpack(text: bytes) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise ReleaseUnreadable("a stored release is not base64") from None
    if data[:3] != b"\x1f\x8b\x08":
        return data
    unzip = zlib.decompressobj(wbits=31)
    try:
        out = unzip.decompress(data, MAX_RECORD_BYTES)
    except zlib.error as error:
        raise ReleaseUnreadable(f"a stored release cannot be decompressed: {error}") from None
    if unzip.unconsumed_tail or not unzip.eof:
        raise ReleaseUnreadable(f"a stored release is cut off or larger than {MAX_RECORD_BYTES} bytes")
    return out


def _tree(release: Release) -> dict[str, Any]:
    tree: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(release, labels={}))
    return tree


def encode_release(release: Release, limit_bytes: int = PART_BYTES) -> Stored:
    """Return what is stored of a release."""
    tree = _tree(release)
    text = _pack(tree)
    if len(text) <= limit_bytes:
        return Stored(text)
    chart = tree.get("chart") or {}
    bodies = {key: chart.pop(key) for key in _CHART_BODIES if key in chart}
    head = _pack(tree)
    rest: dict[str, Any] = {"chart": bodies}
    is_readable = len(head) <= limit_bytes
    if not is_readable:
        rest |= {key: tree.pop(key) for key in ("manifest", "hooks") if key in tree}
        rest["chart"] |= {key: chart.pop(key) for key in ("values",) if key in chart}
        head = _pack(tree)
    if len(head) > limit_bytes:
        raise ReleaseUnreadable(
            f"release {release.name} cannot be stored: its values and notes alone are larger than {limit_bytes} bytes"
        )
    packed = _pack(rest)
    parts = tuple(packed[at : at + limit_bytes] for at in range(0, len(packed), limit_bytes))
    return Stored(head, is_readable, parts)


def decode_release(text: bytes, parts: tuple[bytes, ...] = ()) -> Release:
    """Return a stored release; raises ReleaseUnreadable."""
    data = _unpack(text)
    try:
        if not parts:
            return _checked(_decode(data))
        tree, rest = msgspec.json.decode(data), msgspec.json.decode(_unpack(b"".join(parts)))
        chart = {**(tree.get("chart") or {}), **(rest.pop("chart", None) or {})}
        return _checked(msgspec.convert({**tree, **rest, "chart": chart}, Release))
    except (msgspec.DecodeError, msgspec.ValidationError, AttributeError, TypeError) as error:
        raise ReleaseUnreadable(f"a stored release is not what helm or we write: {error}") from None


def _checked(release: Release) -> Release:
    """Return the release when its chart has the shapes others rely on; raises msgspec.ValidationError."""
    msgspec.convert(release.chart, _Chart)
    return release
