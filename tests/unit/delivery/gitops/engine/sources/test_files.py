"""Paths and files that are all there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.delivery.gitops.engine.sources.files import MappingFiles, clean_path, join_path, listing_token
from pilothouse.delivery.gitops.errors import SourceInvalid


def test_folders_of_a_mapping() -> None:
    files = MappingFiles({"a": b"1", "d/b": b"2", "d/e/c": b"3"})
    assert files.entries("") == {"a": False, "d": True} and files.entries("./d/") == {"b": False, "e": True}
    assert files.entries("a") is None and files.read("d/../a") == b"1" and files.read("x") is None
    assert files.walk("d") == {"b": b"2", "e/c": b"3"} and len(files.walk(".")) == 3
    assert listing_token(None) == "" != listing_token({}) != listing_token({"a": True}) != listing_token({"a": False})


def test_paths_stay_inside() -> None:
    assert clean_path("/a//b/./c/../d") == "a/b/d" and join_path("a/b", "../c") == "a/c" and join_path("a", "/c") == "c"
    for bad in ("..", "a/../../b"):
        with pytest.raises(SourceInvalid, match="leaves the repository"):
            clean_path(bad)


@given(st.lists(st.sampled_from(["..", ".", "", "a", "b"])))
def test_no_path_leads_out(parts: list[str]) -> None:
    try:
        assert ".." not in clean_path("/".join(parts)).split("/")
    except SourceInvalid:
        pass
