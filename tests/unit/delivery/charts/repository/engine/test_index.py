"""Indexes: read, asked, written; what is broken is left out or refused."""

import pytest

from pilothouse.delivery.charts.repository.engine import index
from pilothouse.delivery.charts.repository.errors import ChartNotFound, RepositoryInvalid

TEXT = b"""apiVersion: v1
entries:
  web:
  - {name: web, version: 1.2.0, urls: [web-1.2.0.tgz], description: The web, keywords: [net]}
  - {name: web, version: 1.10.0, urls: [web-1.10.0.tgz]}
  - {name: web, version: 2.0.0-rc.1, urls: []}
  - {name: web, version: not a version}
  - null
  broken: 7
"""


def test_versions_are_chosen() -> None:
    found = index.read_index(TEXT)
    assert [entry.version for entry in found.entries["web"]] == ["2.0.0-rc.1", "1.10.0", "1.2.0"]
    assert index.choose(found, "web", "", "r").version == "1.10.0"
    assert index.choose(found, "web", ">0.0.0-0", "r").version == "2.0.0-rc.1"
    assert index.choose(found, "web", "~1.2", "r").version == "1.2.0"
    assert index.choose(found, "web", "2.0.0-rc.1", "r").version == "2.0.0-rc.1"
    for name, constraint in (("web", "3"), ("none", ""), ("broken", "")):
        with pytest.raises(ChartNotFound, match="not found in r index"):
            index.choose(found, name, constraint, "r")
    with pytest.raises(RepositoryInvalid, match="improper constraint"):
        index.choose(found, "web", ">>", "r")


@pytest.mark.parametrize("text", [b"", b"[]", b"entries: {}", b"a: b: c", b"{", b"apiVersion: v1\nentries: []"])
def test_what_is_no_index(text: bytes) -> None:
    with pytest.raises(RepositoryInvalid) if b"[]" not in text or text == b"[]" else pytest.raises(AssertionError):
        assert index.read_index(text).entries


def test_json_and_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    assert index.read_index(b'{"apiVersion": "v1", "entries": {"a": [{"name": "a", "version": "1.0.0"}]}}').entries["a"]
    monkeypatch.setattr(index, "MAX_ENTRIES", 2)
    with pytest.raises(RepositoryInvalid, match="more than 2"):
        index.read_index(TEXT)
    monkeypatch.setattr(index, "MAX_INDEX_BYTES", 10)
    with pytest.raises(RepositoryInvalid, match="larger than 10"):
        index.read_index(TEXT)


def test_urls() -> None:
    assert index.absolute_url("https://e.org/charts?token=1", "web.tgz") == "https://e.org/charts/web.tgz?token=1"
    assert index.absolute_url("https://e.org/charts/", "/web.tgz") == "https://e.org/web.tgz"
    assert index.absolute_url("https://e.org", "http://o.org/w.tgz") == "http://o.org/w.tgz"


def test_an_index_is_written_and_merged() -> None:
    metadata = {"apiVersion": "v2", "name": "web", "version": "1.10.0", "dependencies": [{"name": "d", "version": "1"}]}
    entry = index.entry_for(metadata, "u", "d1", "now")
    text = index.index_text([entry], TEXT, "now")
    found = index.read_index(text.encode())
    assert [(e.version, e.digest) for e in found.entries["web"]] == [("2.0.0-rc.1", ""), ("1.10.0", "d1"), ("1.2.0", "")]
    assert "enabled" not in text
    for old in (b"{}", b"entries: 7", b"entries: {a: 7}", b"entries: {a: [7, {name: a, version: 1.0.0, dependencies: 7}]}"):
        assert index.read_index(index.index_text([entry], old, "now").encode()).entries["web"]


def test_search() -> None:
    found = {"r": index.read_index(TEXT)}

    def names(words: str, constraint: str = ">0.0.0", *, every: bool = False) -> list[str]:
        return [m.entry.version for m in index.search(found, words, constraint, all_versions=every)]

    assert names("") == ["1.10.0"]
    assert names("NET") == names("the web") == ["1.2.0"]
    assert names("r/web", every=True) == ["1.10.0", "1.2.0"]
    assert names("nothing") == []
