"""Rules of CustomResourceDefinitions."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.definitions import definition, definition_update, definition_warnings


def version(name: str = "v1", *, storage: bool = True, **more: Any) -> dict[str, Any]:
    return {"name": name, "served": True, "storage": storage, "schema": {"openAPIV3Schema": {"type": "object"}}, **more}


def crd(*versions: dict[str, Any], **spec: Any) -> dict[str, Any]:
    found = versions or (version(),)
    names = {"plural": "as", "singular": "a", "kind": "A", "listKind": "AList"}
    stated = {"group": "x.io", "scope": "Cluster", "names": names, "versions": list(found), "conversion": {"strategy": "None"}}
    stored = [item["name"] for item in found if item["storage"]]
    return {"metadata": {"name": "as.x.io"}, "spec": {**stated, **spec}, "status": {"storedVersions": stored}}


def paths(obj: dict[str, Any]) -> list[str]:
    return [error.path for error in definition(obj)]


def test_a_plain_definition_is_fine() -> None:
    assert definition(crd()) == []


def test_what_versions_share_is_named_as_the_top_level_field() -> None:
    bad = {"schema": {"openAPIV3Schema": {"type": "string"}}, "additionalPrinterColumns": [{}]}
    shared = paths(crd(version(**bad), version("v2", storage=False, **bad)))
    assert shared[0] == "spec.validation.openAPIV3Schema.type"
    assert "spec.additionalPrinterColumns[0].name" in shared
    own = paths(crd(version(**bad), version("v2", storage=False)))
    assert own[0] == "spec.versions[0].schema.openAPIV3Schema.type"
    assert "spec.versions[0].additionalPrinterColumns[0].name" in own


def test_versions_have_names_of_their_own() -> None:
    assert "spec.versions" in paths(crd(version(), version(storage=False)))


def test_names_that_paths_are_made_of_stay() -> None:
    old = crd()
    new = crd(names={**old["spec"]["names"], "plural": "bs", "kind": "B", "listKind": "BList"})
    assert [error.path for error in definition_update(new, old)] == ["spec.names.plural"]
    old["status"]["conditions"] = [{"type": "Established", "status": "True"}]
    assert [error.path for error in definition_update(new, old)] == ["spec.names.kind", "spec.names.plural"]


def test_formats_nobody_knows_are_warned_of() -> None:
    raw = {"type": "object", "properties": {"a": {"type": "string", "format": "bogus"}}}
    assert definition_warnings(crd(version(schema={"openAPIV3Schema": raw}))) == ['unrecognized format "bogus"']


def _texts(**spec: Any) -> list[str]:
    names = {"plural": "as", "singular": "a", "kind": "A", "listKind": "AList", **spec.pop("names", {})}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
    full = {
        "group": "e.com",
        "scope": "Cluster",
        "names": names,
        "versions": [version],
        "conversion": {"strategy": "None"},
        **spec,
    }
    meta = {"name": f"{names['plural']}.{full['group']}", "annotations": full.pop("annotations", {})}
    obj = {"metadata": meta, "spec": full, "status": {"storedVersions": ["v1"]}}
    return [f"{error.path}: {error.text()}" for error in definition(obj)]


_FREE = (
    "spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in "
    "spec.versions[*].schema instead"
)


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ({"names": {"plural": "", "kind": ""}}, ["spec.names.plural: Required value", "spec.names.kind: Required value"]),
        ({"names": {"listKind": "A"}},
         ['spec.names.listKind: Invalid value: "A": kind and listKind may not be the same']),
        ({"group": "com"}, ['spec.group: Invalid value: "com": should be a domain with at least one dot']),
        ({"preserveUnknownFields": True}, [_FREE]),
        ({"group": "a.k8s.io", "annotations": {"api-approved.kubernetes.io": "https://github.com/x/1"}}, []),
        ({"group": "a.k8s.io", "annotations": {"api-approved.kubernetes.io": "unapproved, test"}}, []),
    ],
)  # fmt: skip
def test_definitions(spec: dict[str, Any], found: list[str]) -> None:
    assert _texts(**spec) == found


def test_an_approval_is_a_link_or_says_why_not() -> None:
    (text,) = _texts(group="a.k8s.io", annotations={"api-approved.kubernetes.io": "yes"})
    assert text.startswith('metadata.annotations[api-approved.kubernetes.io]: Invalid value: "yes": protected groups must have')
