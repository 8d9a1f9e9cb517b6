"""Hours in a moment: time passes only while the test waits, and by `advance`. Run: pip install pilothouse pytest; pytest"""

from pathlib import Path

import pytest

BACKUP = Path(__file__).parent / "backup.yaml"


@pytest.mark.control_plane(nodes=1, virtual_time=True)
def test_twelve_backups_in_an_hour(control_plane):
    control_plane.apply(BACKUP)
    control_plane.advance(3600)
    done = [event for event in control_plane.list("events") if event["reason"] == "Completed"]
    assert len(done) == 12
    assert len(control_plane.list("jobs")) == 3


@pytest.mark.control_plane(nodes=1, virtual_time=True, job_duration_s=420)
def test_a_backup_that_takes_longer_is_not_overtaken(control_plane):
    control_plane.apply(BACKUP)
    for _ in range(60):
        control_plane.advance(60)
        running = [job for job in control_plane.list("jobs") if job["status"].get("active")]
        assert len(running) <= 1
