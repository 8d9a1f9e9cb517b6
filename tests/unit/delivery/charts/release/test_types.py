"""What a release says of itself."""

from pilothouse.delivery.charts.release.types import Release, ReleaseInfo


def test_properties() -> None:
    release = Release("w", chart={"metadata": {"name": "c", "version": "1.0.0", "appVersion": "2"}})
    assert (release.chart_name, release.app_version, release.status) == ("c-1.0.0", "2", "unknown")
    assert Release("w").chart_name == Release("w").app_version == "MISSING"
    changed = release.with_info(status="pending-upgrade", notes="n")
    assert changed.is_pending
    assert (changed.info, release.info.status) == (ReleaseInfo(status="pending-upgrade", notes="n"), "unknown")
