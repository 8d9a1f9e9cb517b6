"""Rules of what claims devices."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.groups.devices import (
    claim,
    claim_template,
    claim_template_update,
    claim_update,
    device_class,
    slice_update,
)

_EXACT = {"deviceClassName": "c", "allocationMode": "ExactCount", "count": 1}
_REQUEST = {"name": "r", "exactly": _EXACT}


def _requests(*requests: dict[str, Any]) -> dict[str, Any]:
    return {"requests": list(requests)}


@pytest.mark.parametrize(
    ("devices", "found"),
    [
        (_requests(_REQUEST), []),
        (_requests({"name": "A", "exactly": _EXACT}), ["requests[0].name"]),
        (_requests(_REQUEST, _REQUEST), ["requests[1]"]),
        (_requests(*({**_REQUEST, "name": f"r{i}"} for i in range(33))), ["requests"]),
        (_requests({"name": "r"}), ["requests[0]"]),
        (_requests({**_REQUEST, "firstAvailable": [{**_EXACT, "name": "a"}]}), ["requests[0]"]),
        (_requests({"name": "r", "firstAvailable": [{"name": "a", "allocationMode": "All", "count": 2}]}),
         ["requests[0].firstAvailable[0].deviceClassName", "requests[0].firstAvailable[0].count"]),
        (_requests({"name": "r", "exactly": {**_EXACT, "count": 0}}), ["requests[0].exactly.count"]),
        (_requests({"name": "r", "exactly": {**_EXACT, "allocationMode": "X"}}), ["requests[0].exactly.allocationMode"]),
        (_requests({"name": "r", "exactly": {**_EXACT, "selectors": [{}]}}), ["requests[0].exactly.selectors[0].cel"]),
        ({**_requests(_REQUEST), "constraints": [{"requests": ["x", "x"]}]},
         ["constraints[0].requests[0]", "constraints[0].requests[1]", "constraints[0].requests[1]", "constraints[0]"]),
        ({**_requests(_REQUEST), "config": [{"requests": ["r"]}]}, ["config[0].opaque"]),
        ({**_requests(_REQUEST), "config": [{"opaque": {"driver": "d"}}]}, ["config[0].opaque.parameters"]),
    ],
)  # fmt: skip
def test_claims(devices: dict[str, Any], found: list[str]) -> None:
    paths = [error.path for error in claim({"spec": {"devices": devices}})]
    assert paths == [f"spec.devices.{path}" for path in found]
    assert [error.path for error in claim_template({"spec": {"spec": {"devices": devices}}})] == [
        path.replace("spec.", "spec.spec.", 1) for path in paths
    ]


def test_classes() -> None:
    long = {"cel": {"expression": "x" * 10241}}
    assert [error.text() for error in device_class({"spec": {"selectors": [long], "config": [{}]}})] == [
        "Too long: may not be more than 10240 bytes", "Required value",
    ]  # fmt: skip


def test_claims_and_slices_stay() -> None:
    (error,) = claim_update({"spec": {"devices": {"requests": []}}}, {"spec": {}})
    assert error.text().endswith("field is immutable")
    (error,) = claim_template_update({"spec": {"spec": {"devices": {"requests": []}}}}, {"spec": {}})
    assert list(error.value) == ["Spec"]
    assert [error.path for error in slice_update({"spec": {"driver": "a"}}, {"spec": {"driver": "b"}})] == ["spec.driver"]
