"""Volumes on disk: atomic, exact and confined."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pilothouse.cluster.nodeagent.adapters.volumes import mount_source, write_files
from pilothouse.cluster.nodeagent.engine.volumes import VolumeFile
from pilothouse.cluster.nodeagent.errors import MountFailed


def shown(folder: Path) -> dict[str, str]:
    return {
        name: (folder / name).read_text()
        for name in os.listdir(folder)
        if not name.startswith("..") and (folder / name).is_file()
    }


def test_files_change_in_one_step(tmp_path: Path) -> None:
    folder = tmp_path / "v"
    assert write_files(str(folder), {"a": VolumeFile(b"1", 0o640), "d/x": VolumeFile(b"2")}, "1")
    assert (folder / "a").read_text() == "1" and (folder / "d" / "x").read_text() == "2"
    assert (folder / "a").stat().st_mode & 0o777 == 0o640
    held = os.open(folder / "..data", os.O_RDONLY)
    assert not write_files(str(folder), {"a": VolumeFile(b"1", 0o640), "d/x": VolumeFile(b"2")}, "2"), "unchanged"
    assert write_files(str(folder), {"a": VolumeFile(b"new"), "b": VolumeFile(b"3")}, "2")
    os.close(held)
    assert shown(folder) == {"a": "new", "b": "3"} and not (folder / "d").exists()
    assert sorted(os.listdir(folder)) == ["..2", "..data", "a", "b"], "the old generation is gone"


def test_the_same_stamp_twice(tmp_path: Path) -> None:
    for text in (b"1", b"2", b"3"):
        write_files(str(tmp_path / "v"), {"a": VolumeFile(text)}, "same")
    assert shown(tmp_path / "v") == {"a": "3"}


def test_sub_paths_stay_inside(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "out").symlink_to("/etc")
    assert mount_source(str(tmp_path), "") == str(tmp_path)
    assert mount_source(str(tmp_path), "inner/new") == str(tmp_path / "inner" / "new") and (tmp_path / "inner" / "new").is_dir()
    for path in ("../x", "/etc", "out", "out/passwd", "inner/../../x"):
        with pytest.raises(MountFailed, match="leaves the volume"):
            mount_source(str(tmp_path), path)


def test_a_sub_path_behind_a_link_makes_nothing_outside(tmp_path: Path) -> None:
    volume, outside = tmp_path / "volume", tmp_path / "outside"
    volume.mkdir()
    outside.mkdir()
    (volume / "link").symlink_to(outside)
    with pytest.raises(MountFailed, match="leaves the volume"):
        mount_source(str(volume), "link/new")
    assert list(outside.iterdir()) == []
