"""The user's own directory, and files written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from pilothouse.delivery.charts.adapters.privatefolder import private_path, write_kept


def test_the_folder_is_made_and_is_the_users_alone(tmp_path: Path) -> None:
    chosen = {"PILOTHOUSE_CACHE_DIR": str(tmp_path / "cache")}
    folder = private_path(chosen)
    assert folder == str(tmp_path / "cache" / "charts")
    assert os.stat(folder).st_mode & 0o777 == 0o700
    os.chmod(folder, 0o770)
    assert private_path(chosen) == ""


def test_only_the_newest_files_of_a_kind_stay(tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("stays")
    for number in range(5):
        path = tmp_path / f"{number}.out"
        write_kept(str(path), b"x" * number, 3)
        os.utime(path, (number, number))
    write_kept(str(tmp_path / "5.out"), b"", 3)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["3.out", "4.out", "5.out", "other.txt"]


def test_a_folder_that_is_gone_is_no_error(tmp_path: Path) -> None:
    write_kept(str(tmp_path / "gone" / "a.out"), b"x", 3)
    assert list(tmp_path.iterdir()) == []
