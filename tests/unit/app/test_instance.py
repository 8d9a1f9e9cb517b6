"""Data directories and the record of who runs in them."""

import json
from pathlib import Path

import pytest

from pilothouse.app.instance import FILE_NAME, read_record, remove_own_record, write_record
from pilothouse.app.main import run


def test_only_the_own_record_is_removed(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(json.dumps({"pid": 1, "startTicks": 1}))
    remove_own_record(tmp_path)
    assert read_record(tmp_path) == {"pid": 1, "startTicks": 1}
    write_record(tmp_path)
    remove_own_record(tmp_path)
    assert read_record(tmp_path) is None


def test_a_data_directory_that_cannot_be_made_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert run(["up", "--store", "memory", "--only-api", "--data-dir", str(tmp_path / "file")]) == 1
    assert "cannot be used: File exists" in capsys.readouterr().err


def test_a_host_of_another_machine_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["up", "--store", "memory", "--only-api", "--host", "192.0.2.77", "--data-dir", str(tmp_path)]) == 1
    assert "cannot listen on 192.0.2.77" in capsys.readouterr().err


def test_a_number_that_is_no_port_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(["up", "--port", "99999"])
    assert "99999 is no port" in capsys.readouterr().err


def test_purge_deletes_data_directories_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    assert run(["down", "--purge", "--data-dir", str(tmp_path)]) == 1
    assert "is no data directory" in capsys.readouterr().err
    assert (tmp_path / "thesis.txt").exists()
