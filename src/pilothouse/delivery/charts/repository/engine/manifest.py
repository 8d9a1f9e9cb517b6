"""A chart in a registry: its manifest, written and read.

The manifest names a config (Chart.yaml as JSON), the archive, and the provenance file when there is one.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import orjson

from pilothouse.delivery.charts.release.engine.chartrecord import metadata_record
from pilothouse.delivery.charts.repository.errors import RepositoryInvalid

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.cncf.helm.config.v1+json"
ARCHIVE = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
OLD_ARCHIVE = "application/tar+gzip"
PROVENANCE = "application/vnd.cncf.helm.chart.provenance.v1.prov"
MAX_MANIFEST_BYTES = 4 << 20
_TITLE = "org.opencontainers.image."


class Descriptor(msgspec.Struct, frozen=True):
    """A piece of content by its digest."""

    media_type: str
    digest: str
    size: int


class Contents(msgspec.Struct, frozen=True):
    """The pieces of a chart."""

    config: Descriptor
    archive: Descriptor
    provenance: Descriptor | None = None


def digest_of(data: bytes) -> str:
    """Return the digest of content."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def config_bytes(metadata: dict[str, Any]) -> bytes:
    """Return the config of a chart."""
    return orjson.dumps(metadata_record(metadata))


def _described(data: bytes, media_type: str) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest_of(data), "size": len(data)}


def annotations_of(metadata: dict[str, Any], created: str) -> dict[str, str]:
    """Return the annotations of a chart's manifest: the standard ones, and the chart's own."""
    known = metadata_record(metadata)
    people = [
        person.get("name", "") + (f" ({person['email']})" if person.get("email") else "")
        for person in known.get("maintainers", ())
    ]
    own = {
        "description": known.get("description", ""), "title": known["name"], "version": known["version"],
        "url": known.get("home", ""), "created": created, "source": next(iter(known.get("sources", ())), ""),
        "authors": ", ".join(people),
    }  # fmt: skip
    given = {k: v for k, v in known.get("annotations", {}).items() if k not in (f"{_TITLE}title", f"{_TITLE}version")}
    return {key: value for key, value in {**{_TITLE + key: text for key, text in own.items()}, **given}.items() if value.strip()}


def manifest_bytes(metadata: dict[str, Any], archive: bytes, provenance: bytes | None, created: str) -> bytes:
    """Return the manifest of a chart."""
    layers = [_described(archive, ARCHIVE)]
    if provenance is not None:
        layers.append(_described(provenance, PROVENANCE))
    tree = {
        "schemaVersion": 2, "mediaType": MANIFEST, "config": _described(config_bytes(metadata), CONFIG), "layers": layers,
        "annotations": annotations_of(metadata, created),
    }  # fmt: skip
    return orjson.dumps(tree, option=orjson.OPT_SORT_KEYS)


def _descriptor(item: Any) -> Descriptor:
    try:
        return Descriptor(str(item["mediaType"]), str(item["digest"]), int(item["size"]))
    except (TypeError, KeyError, ValueError):
        raise RepositoryInvalid("the manifest lists content without type, digest or size") from None


def read_manifest(data: bytes) -> Contents:
    """Return the pieces of a chart; raises RepositoryInvalid when it is the manifest of something else."""
    try:
        tree = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise RepositoryInvalid("the registry's manifest is not JSON") from None
    if not isinstance(tree, dict) or not isinstance(tree.get("layers"), list):
        raise RepositoryInvalid("the reference is no chart: its manifest has no layers")
    config = _descriptor(tree.get("config"))
    if config.media_type != CONFIG:
        raise RepositoryInvalid(f"could not load config with mediatype {CONFIG}", fix="the reference is an image, not a chart")
    layers = [_descriptor(item) for item in tree["layers"]]
    archive = next((layer for layer in layers if layer.media_type in (ARCHIVE, OLD_ARCHIVE)), None)
    if archive is None:
        raise RepositoryInvalid(f"manifest does not contain a layer with mediatype {ARCHIVE}")
    provenance = next((layer for layer in layers if layer.media_type == PROVENANCE), None)
    return Contents(config, archive, provenance)
