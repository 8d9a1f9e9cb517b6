"""Which revision counts, which are forgotten."""

import pytest

from pilothouse.delivery.charts.release.engine import history
from pilothouse.delivery.charts.release.errors import ReleaseNotFound, ReleaseRefused
from pilothouse.delivery.charts.release.types import Release, ReleaseInfo


def revisions(*statuses: str) -> list[Release]:
    return [Release("w", "n", version, ReleaseInfo(status=status)) for version, status in enumerate(statuses, 1)]


def test_an_upgrade_starts_from_what_is_deployed() -> None:
    assert history.base_of(revisions("superseded", "deployed", "failed"), "w").version == 2
    assert history.base_of(revisions("failed"), "w").version == 1
    assert history.base_of(revisions("pending-install"), "w").version == 1
    for statuses in ((), ("uninstalled",)):
        with pytest.raises(ReleaseNotFound, match="has no deployed releases"):
            history.base_of(revisions(*statuses), "w")


def test_what_is_forgotten() -> None:
    found = revisions("deployed", "failed", "failed", "failed")
    assert [r.version for r in history.forgotten(found, 3)] == [2, 3]
    assert history.forgotten(found, 0) == []
    assert history.forgotten(found, 5) == []


def test_rollback_targets() -> None:
    found = revisions("superseded", "deployed")
    assert history.rollback_target(found, 0).version == 1
    assert history.last_good(revisions("superseded", "failed", "failed"), 3).version == 1  # type: ignore[union-attr]
    with pytest.raises(ReleaseNotFound, match="release has no 7 version"):
        history.rollback_target(found, 7)
    with pytest.raises(ReleaseRefused):
        history.rollback_target(found, -1)


def test_labels_and_names() -> None:
    assert history.merged_labels({"a": "1", "b": "2", "owner": "helm"}, {"a": "null", "c": "3"}) == {"b": "2", "c": "3"}
    with pytest.raises(ReleaseRefused, match="reserved label"):
        history.check_labels({"owner": "me"})
    assert history.name_problem("web-1.x") == ""
    assert all(history.name_problem(name) for name in ("", "Web", "-a", "a" * 54, "a\n"))


def test_a_name_is_free_again() -> None:
    assert history.is_name_free([], replace=False)
    assert not history.is_name_free(revisions("uninstalled"), replace=False)
    assert history.is_name_free(revisions("uninstalled"), replace=True)
    assert not history.is_name_free(revisions("deployed"), replace=True)
