"""Rules of access reviews."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.groups.reviews import access_review

_EXACTLY_ONE = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
_FIELDS, _LABELS = "spec.resourceAttributes.fieldSelector", "spec.resourceAttributes.labelSelector"
_VALUES = "must be specified when `operator` is 'In' or 'NotIn'"
_ASKED = {"resourceAttributes": {"verb": "get", "resource": "pods"}}


@pytest.mark.parametrize(
    ("kind", "spec", "meta", "found"),
    [
        ("SelfSubjectAccessReview", _ASKED, {}, []),
        ("SubjectAccessReview", _ASKED, {}, ['spec.user: Invalid value: "": at least one of user or group must be specified']),
        ("SelfSubjectAccessReview", {}, {}, ["spec.resourceAttributes: Invalid value: null: " + _EXACTLY_ONE]),
        ("SelfSubjectAccessReview", _ASKED, {"name": "a"}, ['metadata: Invalid value: {"name":"a"}: must be empty']),
        ("LocalSubjectAccessReview", {**_ASKED, "user": "u"}, {"namespace": "n"},
         ['spec.resourceAttributes.namespace: Invalid value: "": must match metadata.namespace']),
        ("LocalSubjectAccessReview", {"nonResourceAttributes": {"path": "/"}, "user": "u"}, {},
         ['spec.nonResourceAttributes: Invalid value: {"Path":"/","Verb":""}: disallowed on this kind of request']),
        ("SelfSubjectAccessReview", {"resourceAttributes": {"fieldSelector": {}}}, {}, [
            f"{_FIELDS}.requirements: Required value: when {_FIELDS} is specified, requirements or rawSelector is required"
        ]),
        ("SelfSubjectAccessReview", {"resourceAttributes": {"labelSelector": {"requirements": [{"key": "a", "operator": "In"}]}}},
         {}, [f"{_LABELS}.requirements[0].values: Required value: {_VALUES}"]),
    ],
)  # fmt: skip
def test_reviews(kind: str, spec: dict[str, Any], meta: dict[str, Any], found: list[str]) -> None:
    errors = access_review({"kind": kind, "spec": spec, "metadata": meta})
    assert [f"{error.path}: {error.text()}" for error in errors] == found
