"""Flags of the audit log, and the file they lead to."""

import argparse
import asyncio
import json
from pathlib import Path

import pytest

from pilothouse.app.audit import Audit, add_flags, audit_of
from pilothouse.app.authentication import BadFlags
from pilothouse.app.lifecycle import ControlPlane, Options
from pilothouse.kit.errors import PilothouseError
from pilothouse.sdk.kinds import NAMESPACE


def read(*words: str) -> Audit:
    parser = argparse.ArgumentParser()
    add_flags(parser)
    return audit_of(parser.parse_args(words))


def test_flags_become_settings(tmp_path: Path) -> None:
    assert read() == Audit()
    assert read("--audit-log-path", "-").path == "-"
    found = read(
        "--audit-log-path", "a.log", "--audit-policy-file", "p.yaml", "--audit-log-maxsize", "5", "--audit-log-maxbackup", "2"
    )
    assert Path(found.path).is_absolute() and found.policy_file is not None and found.policy_file.is_absolute()
    assert (found.max_size_mb, found.max_age_days, found.max_backups) == (5, 0, 2)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--audit-policy-file", "p.yaml"), "needs --audit-log-path"),
        (("--audit-log-path", "-", "--audit-log-maxage", "-1"), "--audit-log-maxage -1 is negative"),
    ],
)
def test_flags_that_mean_nothing_are_refused(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(BadFlags, match=message):
        read(*words)


def up(options: Options) -> None:
    async def run() -> None:
        plane = ControlPlane(options)
        try:
            await plane.start_api()
            await plane.client().get(NAMESPACE, "default")
        finally:
            await plane.stop()

    asyncio.run(run())


def test_what_was_asked_is_in_the_file_when_the_platform_stopped(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    up(Options(tmp_path / "data", audit=Audit(str(log))))
    events = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(each["verb"], each["objectRef"]["name"], each["stage"]) for each in events] == [
        ("get", "default", "ResponseComplete")
    ]


def test_files_that_cannot_be_used_stop_the_start(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    log = str(tmp_path / "audit.log")
    for text, message in (("rules: [", "is not YAML"), ("rules: [{level: All}]", "Invalid enum value 'All'")):
        policy.write_text(text)
        with pytest.raises(PilothouseError, match=message):
            up(Options(tmp_path / "data", audit=Audit(log, policy)))
    with pytest.raises(BadFlags, match="cannot be read"):
        up(Options(tmp_path / "data", audit=Audit(log, tmp_path / "none")))
    with pytest.raises(BadFlags, match="cannot be written: No such file"):
        up(Options(tmp_path / "data", audit=Audit(str(tmp_path / "none" / "audit.log"))))
