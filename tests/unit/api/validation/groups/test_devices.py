"""Rules of what claims devices."""

from __future__ import annotations

from pilothouse.api.validation.groups.devices import claim_update, slice_update


def test_claims_and_slices_stay() -> None:
    (error,) = claim_update({"spec": {"devices": {"requests": []}}}, {"spec": {}})
    assert error.text().endswith("field is immutable")
    assert [error.path for error in slice_update({"spec": {"driver": "a"}}, {"spec": {"driver": "b"}})] == ["spec.driver"]
