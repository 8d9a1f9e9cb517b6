"""Annotations of Pods."""

from __future__ import annotations

import pytest

from pilothouse.api.validation.pods import pod as check
from pilothouse.api.validation.pods.annotations import annotation_changes
from tests.unit.api.validation.specimens import Obj, pod, worded

_COST = "controller.kubernetes.io/pod-deletion-cost"
_SECCOMP = "seccomp.security.alpha.kubernetes.io/pod"
_ARMOR = "container.apparmor.security.beta.kubernetes.io/"


@pytest.mark.parametrize(
    ("notes", "context", "expected"),
    [
        ({_COST: "-5"}, {}, []),
        ({_COST: "+1"}, {}, [f'metadata.annotations[{_COST}]: Invalid value: "+1": must be a 32bit integer']),
        ({_SECCOMP: "x"}, {}, [f'metadata.annotations.{_SECCOMP}: Invalid value: "x": must be a valid seccomp profile']),
        (
            {f"{_ARMOR}d": "x"},
            {},
            [
                f'metadata.annotations[{_ARMOR}d]: Invalid value: "d": container not found',
                f'metadata.annotations[{_ARMOR}d]: Invalid value: "x": invalid AppArmor profile name: "x"',
            ],
        ),
        (
            {_SECCOMP: "unconfined"},
            {"seccompProfile": {"type": "RuntimeDefault"}},
            ["spec.securityContext.seccompProfile.type: Forbidden: seccomp type in annotation and field must match"],
        ),
        (
            {"kubernetes.io/config.mirror": "a"},
            {},
            [
                (
                    'metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "a": must set spec.nodeName if mirror pod '
                    "annotation is set"
                )
            ],
        ),
    ],
)
def test_what_annotations_say(notes: Obj, context: Obj, expected: list[str]) -> None:
    found = pod(securityContext=context)
    found["metadata"]["annotations"] = notes
    assert worded(check(found)) == expected


def test_marks_stay() -> None:
    mirror = {"kubernetes.io/config.mirror": "a"}
    assert worded(annotation_changes(mirror, {}, "m")) == [
        "m[kubernetes.io/config.mirror]: Forbidden: may not add mirror pod annotation"
    ]
    assert worded(annotation_changes({}, {**mirror, f"{_ARMOR}c": "x"}, "m")) == [
        f"m[{_ARMOR}c]: Forbidden: may not remove or update AppArmor annotations",
        "m[kubernetes.io/config.mirror]: Forbidden: may not remove or update mirror pod annotation",
    ]
