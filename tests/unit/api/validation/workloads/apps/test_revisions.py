"""Rules of ControllerRevisions."""

from __future__ import annotations

from pilothouse.api.validation.workloads.apps.revisions import revision, revision_update


def test_revisions() -> None:
    assert [error.text() for error in revision({"revision": -1})] == [
        "Required value: data is mandatory", "Invalid value: -1: must be greater than or equal to 0",
    ]  # fmt: skip
    assert revision({"revision": 1, "data": {}}) == []
    assert [error.path for error in revision_update({"data": {"a": 1}, "revision": 1}, {"data": {}})] == ["data"]
