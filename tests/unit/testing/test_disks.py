"""The simulated disk keeps what was synced, and of the rest what it is told to."""

from __future__ import annotations

import errno

import pytest

from pilothouse.kit.clock import Entropy
from pilothouse.testing.disks import PowerLost, SimulatedFiles


def written(files: SimulatedFiles) -> int:
    """A file whose first half is synced, directory included."""
    handle = files.open("a", is_new=True)
    files.write(handle, b"one")
    files.sync(handle)
    files.sync_directory()
    files.write(handle, b"two")
    return handle


def test_what_survives_a_cut() -> None:
    files = SimulatedFiles()
    written(files)
    assert files.read("a") == b"onetwo"
    assert files.power_cut("synced").read("a") == b"one"
    assert files.power_cut("everything").read("a") == b"onetwo"
    torn = {files.power_cut("torn", Entropy(seed)).read("a") for seed in range(200)}
    assert all(data.startswith(b"one") and len(data) <= 6 for data in torn)
    assert {b"one", b"onet", b"onetwo", b"one\0\0\0"} <= torn
    assert any(data[3:] not in (b"", b"t", b"tw", b"two") and b"\0" not in data for data in torn), "bytes are damaged"


def test_the_directory_has_to_be_synced_too() -> None:
    files = SimulatedFiles()
    written(files)
    files.sync(files.open("b", is_new=True))
    assert files.power_cut("synced").names() == ["a"]
    assert files.power_cut("everything").names() == ["a", "b"]
    files.sync_directory()
    files.rename("b", "c")
    files.unlink("a")
    assert files.power_cut("synced").names() == ["a", "b"]
    assert {tuple(files.power_cut("torn", Entropy(seed)).names()) for seed in range(50)} == {
        ("a", "b"), ("a", "c"), ("b",), ("c",),
    }  # fmt: skip


def test_a_cut_file_has_one_size_or_the_other() -> None:
    files = SimulatedFiles()
    handle = written(files)
    files.resize(handle, 1)
    assert {files.power_cut("torn", Entropy(seed)).read("a") for seed in range(50)} == {b"o", b"one"}


def test_room_and_failures() -> None:
    files = SimulatedFiles(capacity_bytes=8)
    handle = written(files)
    assert files.write(handle, b"three") == 2
    with pytest.raises(OSError, match="No space left"):
        files.write(handle, b"ree")
    files.failures["sync"] = errno.EIO
    with pytest.raises(OSError, match="Input/output"):
        files.sync(handle)

    def cut(call: str) -> None:
        raise PowerLost(call)

    files.before_call = cut
    with pytest.raises(PowerLost):
        files.unlink("a")
    with pytest.raises(FileExistsError):
        files.before_call = None
        files.open("a", is_new=True)
