"""Parameters kept beside the manifests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.delivery.gitops.engine.sources.files import MappingFiles
from pilothouse.delivery.gitops.engine.sources.overrides import overridden
from pilothouse.delivery.gitops.errors import SourceInvalid
from pilothouse.delivery.gitops.types.source import Source
from pilothouse.kit.errors import PilothouseError

SOURCE = Source("https://h/r", "p", "main", helm={"values": "a", "releaseName": "r"}, explicit="helm")


def test_the_applications_own_file_comes_last() -> None:
    files = MappingFiles({
        "p/.argocd-source.yaml": b"helm: {values: b, skipCrds: true}\nrepoURL: https://evil\npath: ..\n",
        "p/.argocd-source-shop.yaml": b"helm: {values: c, releaseName: null}\n",
    })  # fmt: skip
    found = overridden(SOURCE, files, "shop")
    assert found.helm == {"values": "c", "skipCrds": True} and (found.repo_url, found.path) == ("https://h/r", "p")
    assert overridden(SOURCE, files, "other").helm == {"values": "b", "releaseName": "r", "skipCrds": True}
    assert overridden(SOURCE, MappingFiles({}), "shop") is SOURCE


def test_two_tools_are_one_too_many() -> None:
    with pytest.raises(SourceInvalid, match="several tools"):
        overridden(SOURCE, MappingFiles({"p/.argocd-source.yaml": b"kustomize: {namePrefix: x}"}), "shop")
    for bad in (b"[]", b"a: [", b"\xff", b"helm: 1"):
        with pytest.raises(SourceInvalid):
            overridden(SOURCE, MappingFiles({"p/.argocd-source.yaml": bad}), "shop")


@given(st.binary(max_size=80))
def test_any_file_is_answered(data: bytes) -> None:
    try:
        overridden(SOURCE, MappingFiles({"p/.argocd-source.yaml": data}), "shop")
    except PilothouseError as error:
        assert ".argocd-source.yaml" in error.message
