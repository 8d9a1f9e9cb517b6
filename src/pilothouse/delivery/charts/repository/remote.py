"""What GitOps asks of repositories and registries: versions, archives, artefacts, and which dependencies a chart lacks.

Called through the facade, off the event loop. Only the credentials given are used: those of the user who runs the process are not
those of an Application.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Mapping
from typing import Any

import msgspec
import orjson

from pilothouse.delivery.charts.adapters.archive import MAX_FILE, MAX_FILES, MAX_TOTAL, read_archive
from pilothouse.delivery.charts.engine.chart.loading import chart_from_files, missing_dependencies, plain_text
from pilothouse.delivery.charts.engine.yaml.reader import YamlError, read_yaml
from pilothouse.delivery.charts.repository.adapters.registry import Registry
from pilothouse.delivery.charts.repository.engine.lock import locked
from pilothouse.delivery.charts.repository.engine.manifest import Descriptor
from pilothouse.delivery.charts.repository.engine.references import is_registry, read_reference, tag_of, version_of_tag
from pilothouse.delivery.charts.repository.errors import ChartNotFound, RepositoryInvalid
from pilothouse.delivery.charts.repository.locate import Wanted, fetch_index, find_chart
from pilothouse.delivery.charts.repository.types import Credentials, Reference, Repository

_TAR = "application/vnd.oci.image.layer.v1.tar"
_LAYERS = (_TAR, f"{_TAR}+gzip", "application/vnd.cncf.helm.chart.content.v1.tar+gzip")


class Dependency(msgspec.Struct, frozen=True):
    """A chart another one needs and does not bring."""

    name: str
    version: str
    repository: str


def chart_versions(url: str, name: str, credentials: Credentials) -> list[str]:
    """Return the versions of a chart in a repository or registry; of a whole reference (`oci://...`, no name) its tags."""
    if is_registry(url):
        reference = read_reference(f"{url.rstrip('/')}/{name}" if name else url)
        return [version_of_tag(tag) for tag in Registry(reference.host, credentials).tags(reference.path)]
    entries = fetch_index(Repository("", url, credentials)).entries.get(name)
    if not entries:
        raise ChartNotFound(f"repository {url} has no chart {name!r}", fix="check spec.source.chart")
    return [entry.version for entry in entries]


def fetch_chart(url: str, name: str, version: str, credentials: Credentials) -> bytes:
    """Return the archive of one version of a chart."""
    if is_registry(url):
        reference = read_reference(f"{url.rstrip('/')}/{name}")
        tagged = msgspec.structs.replace(reference, tag=tag_of(version))
        return Registry(reference.host, credentials).pull(tagged)[0]
    return find_chart(Wanted(name, version, repository_url=url, credentials=credentials)).archive


def artifact_digest(url: str, tag: str, credentials: Credentials) -> str:
    """Return the digest an artefact of a registry has under a tag now."""
    reference = read_reference(url)
    place = Reference(reference.host, reference.path, digest=tag) if tag.startswith("sha256:") else _tagged(reference, tag)
    return Registry(reference.host, credentials).manifest(place)[1]


def _tagged(reference: Reference, tag: str) -> Reference:
    return msgspec.structs.replace(reference, tag=tag_of(tag), digest="")


def fetch_artifact(url: str, digest: str, credentials: Credentials) -> dict[str, bytes]:
    """Return the files of an artefact: its one layer, a tar archive."""
    reference = read_reference(url)
    registry = Registry(reference.host, credentials)
    data, _ = registry.manifest(Reference(reference.host, reference.path, digest=digest))
    layer = _layer(data, url)
    blob = registry.blob(reference.path, layer)
    return dict(read_archive(blob)) if "helm" in layer.media_type else _unpacked(blob, url)


def _layer(manifest: bytes, url: str) -> Descriptor:
    try:
        tree: Any = orjson.loads(manifest)
        layers = [Descriptor(str(item["mediaType"]), str(item["digest"]), int(item["size"])) for item in tree["layers"]]
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        raise RepositoryInvalid(f"{url}: the manifest lists no layers") from None
    fitting = [layer for layer in layers if layer.media_type in _LAYERS]
    if len(fitting) != 1 or len(layers) != 1:
        raise RepositoryInvalid(f"{url}: expected one layer of type {_TAR}+gzip, found {[each.media_type for each in layers]}")
    return fitting[0]


def _unpacked(blob: bytes, url: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    total = 0
    try:
        stream: Any = gzip.GzipFile(fileobj=io.BytesIO(blob)) if blob[:2] == b"\x1f\x8b" else io.BytesIO(blob)
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                total += member.size
                if len(found) >= MAX_FILES or member.size > MAX_FILE or total > MAX_TOTAL:
                    raise RepositoryInvalid(f"{url}: the artefact is too large")
                parts = [part for part in member.name.split("/") if part not in ("", ".")]
                if ".." in parts or member.issym() or member.islnk():
                    raise RepositoryInvalid(f"{url}: {member.name} is a link or leaves the artefact")
                content = tar.extractfile(member) if member.isreg() else None
                if content is not None:
                    found["/".join(parts)] = content.read(MAX_FILE + 1)
    except (tarfile.TarError, EOFError, OSError, zlib.error, ValueError) as error:
        raise RepositoryInvalid(f"{url}: the artefact cannot be unpacked: {error}") from None
    return found


def lacking(files: Mapping[str, bytes]) -> list[Dependency]:
    """Return the dependencies that Chart.yaml names and `charts/` lacks, in the versions of Chart.lock."""
    chart = chart_from_files(files, read_archive)
    missing = set(missing_dependencies(chart))
    if not missing:
        return []
    pinned: dict[str, str] = {}
    for name in ("Chart.lock", "requirements.lock"):
        try:
            tree = read_yaml(files.get(name, b"").decode("utf-8", "replace"))
        except YamlError as error:
            raise RepositoryInvalid(f"{name} cannot be read: {error}") from None
        if isinstance(tree, dict):
            pinned.update({str(item.get("name")): plain_text(item.get("version") or "") for item in locked(tree)})
    found: list[Dependency] = []
    for item in chart.metadata.get("dependencies") or ():
        name = plain_text(item.get("name") or "")
        if name in missing:
            version = pinned.get(name) or plain_text(item.get("version") or "")
            found.append(Dependency(name, version, plain_text(item.get("repository") or "")))
    return found
