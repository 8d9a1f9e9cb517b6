"""Find a chart by what a user calls it, and bring its archive.

Called by every verb that takes a chart. An archive of an index is checked against the digest the index gives.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from pilothouse.delivery.charts.adapters.archive import MAX_TOTAL
from pilothouse.delivery.charts.errors import ChartInvalid
from pilothouse.delivery.charts.repository.adapters import settings
from pilothouse.delivery.charts.repository.adapters.http import fetch
from pilothouse.delivery.charts.repository.adapters.keys import check_signature
from pilothouse.delivery.charts.repository.adapters.registry import Registry
from pilothouse.delivery.charts.repository.engine.index import (
    MAX_INDEX_BYTES,
    absolute_url,
    best_version,
    choose,
    read_index,
)
from pilothouse.delivery.charts.repository.engine.provenance import MAX_PROVENANCE_BYTES, check_statement
from pilothouse.delivery.charts.repository.engine.references import (
    is_registry,
    read_reference,
    tag_of,
    version_of_tag,
)
from pilothouse.delivery.charts.repository.errors import (
    ChartNotFound,
    DigestMismatch,
    DownloadFailed,
    RepositoryInvalid,
    SignatureInvalid,
)
from pilothouse.delivery.charts.repository.types import Credentials, Index, Reference, Repository, Signed


class Wanted(msgspec.Struct, frozen=True):
    """What a user asks for."""

    source: str
    version: str = ""
    repository_url: str = ""
    credentials: Credentials = Credentials()
    with_provenance: bool = False


class Found(msgspec.Struct, frozen=True):
    """An archive: its bytes, the name of its file, its signature file, and where in a registry it came from."""

    archive: bytes
    file_name: str
    provenance: bytes | None = None
    place: str = ""
    digest: str = ""


def find_chart(wanted: Wanted) -> Found:
    """Return the archive of a chart that is not on this disk; raises one of the repository errors."""
    if is_registry(wanted.source):
        return _from_registry(wanted)
    if wanted.repository_url:
        repository = Repository("", wanted.repository_url, wanted.credentials)
        return _from_index(repository, fetch_index(repository), wanted.source, wanted)
    if wanted.source.startswith(("http://", "https://")):
        return _from_url(wanted.source, wanted.credentials, wanted)
    name, slash, chart = wanted.source.partition("/")
    if not slash:
        raise ChartInvalid(f"non-absolute URLs should be in form of repo_name/path_to_chart, got: {wanted.source}")
    repository = settings.repository_named(name)
    return _from_index(repository, settings.cached_index(name), chart, wanted)


def fetch_index(repository: Repository) -> Index:
    """Return a repository's index as it is now; named repositories keep it."""
    base, _, query = repository.url.partition("?")
    url = f"{base.rstrip('/')}/index.yaml" + (f"?{query}" if query else "")
    data = fetch(url, repository.credentials, MAX_INDEX_BYTES)
    index = read_index(data)
    if repository.name:
        settings.save_index(repository.name, data, sorted(index.entries))
    return index


def _from_index(repository: Repository, index: Index, name: str, wanted: Wanted) -> Found:
    entry = choose(index, name, wanted.version, repository.name or repository.url)
    if not entry.urls:
        raise RepositoryInvalid(f'chart "{name}" has no downloadable URLs')
    url = absolute_url(repository.url, entry.urls[0])
    if is_registry(url):
        return _from_registry(msgspec.structs.replace(wanted, source=url, version=wanted.version or entry.version))
    credentials = repository.credentials
    if _host(url) != _host(repository.url) and not credentials.goes_everywhere:
        credentials = msgspec.structs.replace(credentials, username="", password="")
    found = _from_url(url, credentials, wanted)
    digest = hashlib.sha256(found.archive).hexdigest()
    if entry.digest and entry.digest.removeprefix("sha256:") != digest:
        raise DigestMismatch(f"{url}: the archive's digest is {digest}, the index says {entry.digest}")
    return found


def _host(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])


def _from_url(url: str, credentials: Credentials, wanted: Wanted) -> Found:
    archive = fetch(url, credentials, MAX_TOTAL)
    provenance: bytes | None = None
    if wanted.with_provenance:
        try:
            provenance = fetch(f"{url}.prov", credentials, MAX_PROVENANCE_BYTES)
        except DownloadFailed as error:
            raise SignatureInvalid(f"failed to fetch provenance {url}.prov: {error.message}") from None
    return Found(archive, url.partition("?")[0].rpartition("/")[2] or "chart.tgz", provenance)


def registry_of(host: str, credentials: Credentials) -> Registry:
    """Return a registry, with the credentials that were kept for it when none are given."""
    if not credentials.username:
        username, password = settings.registry_login(host)
        credentials = msgspec.structs.replace(credentials, username=username, password=password)
    return Registry(host, credentials)


def _from_registry(wanted: Wanted) -> Found:
    reference = read_reference(wanted.source)
    registry = registry_of(reference.host, wanted.credentials)
    reference = _pinned(registry, reference, wanted.version)
    archive, provenance, digest = registry.pull(reference)
    if wanted.with_provenance and provenance is None:
        raise SignatureInvalid(f"{reference} has no provenance file")
    name = reference.path.rpartition("/")[2]
    version = version_of_tag(reference.tag) if reference.tag else digest.removeprefix("sha256:")[:12]
    return Found(archive, f"{name}-{version}.tgz", provenance, str(reference), digest)


def _pinned(registry: Registry, reference: Reference, version: str) -> Reference:
    if reference.tag and version and version_of_tag(reference.tag) != version:
        raise RepositoryInvalid(f"chart reference and version mismatch: {version} is not {version_of_tag(reference.tag)}")
    if reference.tag or reference.digest:
        return reference
    tags = registry.tags(reference.path)
    chosen = best_version((version_of_tag(tag) for tag in tags), version)
    if chosen is None:
        raise ChartNotFound(f"could not locate a version matching provided version string {version}")
    return msgspec.structs.replace(reference, tag=tag_of(chosen))


def verify_archive(archive: bytes, file_name: str, provenance: bytes, keyring: Path) -> Signed:
    """Return who signed an archive; raises SignatureInvalid."""
    if len(provenance) > MAX_PROVENANCE_BYTES:
        raise SignatureInvalid(f"the provenance file is larger than {MAX_PROVENANCE_BYTES} bytes")
    text, names, fingerprint = check_signature(provenance, keyring)
    return Signed(names, fingerprint, check_statement(text, file_name, archive))
