"""Sources as users write them."""

from typing import Any

import pytest

from pilothouse.delivery.gitops.errors import SourceInvalid, SourceNotSupported
from pilothouse.delivery.gitops.types.source import read_source, read_sources

GIT = {"repoURL": "https://h/r"}


def test_all_forms() -> None:
    [source] = read_sources({"source": GIT})
    assert (source.path, source.target_revision, source.is_files_only, source.is_chart) == (".", "HEAD", False, False)
    found = read_sources({"sources": [
        {"repoURL": "https://charts", "chart": "web", "targetRevision": "1.x", "helm": {"valueFiles": ["$v/x"]}},
        {**GIT, "ref": "v"}, {"repoURL": "oci://h/a", "path": "p", "name": "n"},
    ]})  # fmt: skip
    assert [each.is_chart for each in found] == [True, False, False] and found[0].explicit == "helm"
    assert [each.is_files_only for each in found] == [False, True, False] and found[2].is_artifact and found[2].name == "n"
    assert read_source({"sources": [GIT]}) == read_source({"source": GIT})


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({}, "spec.source.repoURL is not set"),
        ({"source": "x"}, "spec.source is no map"),
        ({"sources": [GIT, {}]}, r"spec.sources\[1\].repoURL is not set"),
        ({"sources": {"a": 1}}, "no list"),
        ({"sources": [GIT] * 51}, "at most 50"),
        ({"sources": [{**GIT, "ref": "v"}, {**GIT, "ref": "v"}]}, "ref 'v' is used by several"),
        ({"source": {**GIT, "helm": {"a": 1}, "kustomize": {"b": 1}}}, "several tools"),
        ({"source": {**GIT, "helm": []}}, "helm is no map"),
        ({"source": {**GIT, "chart": "c"}}, "targetRevision is needed"),
    ],
)
def test_what_is_wrong_is_said(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(SourceInvalid, match=message):
        read_sources(spec)


def test_plugins_are_not_run() -> None:
    with pytest.raises(SourceNotSupported, match="plugin"):
        read_sources({"source": {**GIT, "plugin": {"name": "x"}}})
