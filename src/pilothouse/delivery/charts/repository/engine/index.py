"""index.yaml: read within limits, asked for a version, made from archives.

An index is not trusted: entries that are no charts are left out, and what it says about a chart is compared with the chart itself
when it arrives.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

import msgspec
import orjson

from pilothouse.delivery.charts.engine.chart.loading import plain_text
from pilothouse.delivery.charts.engine.execution.faults import FunctionError
from pilothouse.delivery.charts.engine.functions.markup import yaml_error
from pilothouse.delivery.charts.engine.functions.semver import Version, parse_version, satisfies
from pilothouse.delivery.charts.engine.yaml.reader import YamlError, read_yaml
from pilothouse.delivery.charts.engine.yaml.writer import write_yaml
from pilothouse.delivery.charts.release.engine.chartrecord import metadata_record
from pilothouse.delivery.charts.release.engine.plainvalues import plain_value
from pilothouse.delivery.charts.repository.errors import ChartNotFound, RepositoryInvalid
from pilothouse.delivery.charts.repository.types import Index, IndexEntry

MAX_INDEX_BYTES = 64 << 20
MAX_ENTRIES = 200_000
_OWN = ("urls", "created", "digest", "removed")


def version_of(text: str) -> Version | None:
    """Return a version, None for what is none."""
    try:
        return parse_version(text)
    except FunctionError:
        return None


def _read(data: bytes) -> Any:
    if data.lstrip()[:1] == b"{":
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise RepositoryInvalid(f"the index is not JSON: {error}") from None
    try:
        return read_yaml(data.decode("utf-8", "replace"))
    except YamlError as error:
        raise RepositoryInvalid(f"the index is not YAML: {yaml_error(error)}") from None


def read_index(data: bytes) -> Index:
    """Return the index of a repository; raises RepositoryInvalid."""
    if len(data) > MAX_INDEX_BYTES:
        raise RepositoryInvalid(f"the index is larger than {MAX_INDEX_BYTES} bytes")
    tree = _read(data)
    if not isinstance(tree, dict):
        raise RepositoryInvalid("the index is empty or no map")
    if not tree.get("apiVersion"):
        raise RepositoryInvalid("no API version specified")
    entries: dict[str, tuple[IndexEntry, ...]] = {}
    listed = tree.get("entries") or {}
    if not isinstance(listed, dict):
        raise RepositoryInvalid("the index's entries are no map")
    total = 0
    for name, versions in listed.items():
        total += len(versions) if isinstance(versions, list) else 0
        if total > MAX_ENTRIES:
            raise RepositoryInvalid(f"the index lists more than {MAX_ENTRIES} chart versions")
        found = [entry for item in versions if (entry := _entry(item)) is not None] if isinstance(versions, list) else []
        entries[str(name)] = newest_first(found)
    return Index(entries)


def _entry(item: Any) -> IndexEntry | None:
    if not isinstance(item, dict) or not item.get("name") or version_of(plain_text(item.get("version") or "")) is None:
        return None
    metadata = {key: value for key, value in item.items() if key not in _OWN}
    metadata["version"] = plain_text(metadata["version"])
    urls = item.get("urls")
    texts = tuple(str(url) for url in urls if isinstance(url, str)) if isinstance(urls, list) else ()
    return IndexEntry(metadata, texts, str(item.get("digest") or ""))


def newest_first(entries: Iterable[IndexEntry]) -> tuple[IndexEntry, ...]:
    """Return entries by version, the newest first."""
    return tuple(sorted(entries, key=lambda entry: parse_version(entry.version), reverse=True))


def best_version(versions: Iterable[str], constraint: str) -> str | None:
    """Return the newest version that fits a constraint, the exact one when it is named; releases only when it is empty."""
    known = [(found, text) for text in versions if (found := version_of(text)) is not None]
    for _, text in known:
        if constraint and text == constraint:
            return text
    try:
        fitting = [(found, text) for found, text in known if satisfies(constraint or "*", found)]
    except FunctionError:
        raise RepositoryInvalid(f"improper constraint: {constraint}", fix="write it as in ^1.2.0 or >=1.0 <2") from None
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


def choose(index: Index, name: str, constraint: str, where: str) -> IndexEntry:
    """Return the best version of a chart; raises ChartNotFound."""
    start = f"chart \"{name}\" matching {constraint} not found in {where} index. (try 'helm repo update'): "
    entries = index.entries.get(name)
    if not entries:
        raise ChartNotFound(f"{start}no chart name found", fix="`pilothouse chart search repo` lists what there is")
    version = best_version((entry.version for entry in entries), constraint)
    if version is None:
        raise ChartNotFound(f"{start}no chart version found for {name}-{constraint}")
    return next(entry for entry in entries if entry.version == version)


def absolute_url(base: str, url: str) -> str:
    """Return the URL of a chart; relative ones belong to the index, whose query goes with them."""
    if urlsplit(url).scheme:
        return url
    parts = urlsplit(base)
    folder = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") + "/", "", ""))
    joined = urlsplit(urljoin(folder, url))
    return urlunsplit((joined.scheme, joined.netloc, joined.path, joined.query or parts.query, ""))


def entry_for(metadata: dict[str, Any], url: str, digest: str, created: str) -> dict[str, Any]:
    """Return the entry of an archive as an index holds it."""
    return {**metadata_record(metadata), "urls": [url], "created": created, "digest": digest}


def index_text(entries: Iterable[dict[str, Any]], old: bytes, now: str) -> str:
    """Return an index of entries; those of an old index are kept unless a new one has the same name and version."""
    found: dict[str, list[dict[str, Any]]] = {}
    before = _read(old) if old else None
    listed = before.get("entries") if isinstance(before, dict) else None
    kept = listed.values() if isinstance(listed, dict) else ()
    merged = [*entries, *(item for items in kept if isinstance(items, list) for item in items)]
    seen: set[tuple[str, str]] = set()
    for entry in (each for each in merged if isinstance(each, dict)):
        key = (str(entry.get("name")), str(entry.get("version")))
        if key not in seen and _entry(entry) is not None:
            seen.add(key)
            found.setdefault(key[0], []).append(plain_value(entry))
    for name, versions in found.items():
        found[name] = sorted(versions, key=lambda e: parse_version(str(e["version"])), reverse=True)
        for entry in found[name]:
            dependencies = entry.get("dependencies")
            for dependency in dependencies if isinstance(dependencies, list) else ():
                if isinstance(dependency, dict):
                    dependency.pop("enabled", None)
    return write_yaml({"apiVersion": "v1", "entries": found, "generated": now})


class Match(msgspec.Struct, frozen=True):
    """A chart found by a search."""

    name: str
    entry: IndexEntry


def search(indexes: dict[str, Index], words: str, constraint: str, *, all_versions: bool) -> list[Match]:
    """Return the charts of all repositories in whose name, description or keywords the words are."""
    wanted = words.lower()
    found: list[Match] = []
    for repository, index in sorted(indexes.items()):
        for name, entries in sorted(index.entries.items()):
            shown = f"{repository}/{name}"
            for entry in entries:
                keywords = entry.metadata.get("keywords")
                texts = [shown, str(entry.metadata.get("description") or "")]
                texts += map(str, keywords) if isinstance(keywords, list) else ()
                if not satisfies(constraint, parse_version(entry.version)) or wanted not in "\n".join(texts).lower():
                    continue
                found.append(Match(shown, entry))
                if not all_versions:
                    break
    return found
