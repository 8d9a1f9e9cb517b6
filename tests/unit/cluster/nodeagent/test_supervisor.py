"""Log files, control groups on made-up trees, frames and records."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

import pytest

from pilothouse.cluster.nodeagent.supervisor import procfs
from pilothouse.cluster.nodeagent.supervisor.cgroups import Cgroups
from pilothouse.cluster.nodeagent.supervisor.logs import MAX_LINE_BYTES, LogSink
from pilothouse.cluster.nodeagent.supervisor.protocol import MAX_FRAME_BYTES, Broken, Channel, encode
from pilothouse.cluster.nodeagent.supervisor.records import read_record, remove_tree, write_record

LINE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z (stdout|stderr) [FP] ")


def test_log_lines_are_cri(tmp_path: Path) -> None:
    sink = LogSink(str(tmp_path / "deep" / "0.log"))
    sink.feed("stdout", b"one\ntw")
    sink.feed("stderr", b"err\n")
    sink.feed("stdout", b"o\n" + b"x" * (MAX_LINE_BYTES + 5) + b"\nrest")
    sink.close()
    lines = (tmp_path / "deep" / "0.log").read_text().splitlines()
    assert all(LINE.match(line) for line in lines)
    shape = [(line.split(" ")[1], line.split(" ")[2], len(line.split(" ", 3)[3])) for line in lines]
    long = [("stdout", "P", MAX_LINE_BYTES), ("stdout", "F", 5)]
    assert shape == [("stdout", "F", 3), ("stderr", "F", 3), ("stdout", "F", 3), *long, ("stdout", "F", 4)]


def test_logs_rotate_and_old_ones_go(tmp_path: Path) -> None:
    sink = LogSink(str(tmp_path / "0.log"), max_file_bytes=1000, max_files=3)
    for _ in range(100):
        sink.feed("stdout", b"y" * 50 + b"\n")
    sink.close()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert len(names) == 3 and names[0] == "0.log"
    assert all(path.stat().st_size <= 1000 for path in tmp_path.iterdir())


def test_cgroup_v1_and_hybrid(tmp_path: Path) -> None:
    for controller in ("memory", "cpu"):
        (tmp_path / controller).mkdir()
        (tmp_path / controller / "cgroup.procs").touch()
    (tmp_path / "unified").mkdir()
    groups = Cgroups("t", str(tmp_path))
    assert groups.kind == "v1"
    groups.create("c", {"memory_bytes": 1 << 20, "cpu_milli": 500, "cpu_shares": 512, "pids": 10}, 42)
    assert (tmp_path / "memory/pilothouse-t/c/memory.limit_in_bytes").read_text() == str(1 << 20)
    assert (tmp_path / "cpu/pilothouse-t/c/cpu.cfs_quota_us").read_text() == "50000"
    assert (tmp_path / "cpu/pilothouse-t/c/cgroup.procs").read_text() == "42"
    assert not (tmp_path / "pids").exists() and not groups.is_oom_killed("c")
    (tmp_path / "memory/pilothouse-t/c/memory.oom_control").write_text("under_oom 0\noom_kill 1\n")
    assert groups.is_oom_killed("c")


def test_cgroup_v2(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids")
    groups = Cgroups("t", str(tmp_path))
    assert groups.kind == "v2"
    groups.create("c", {"memory_bytes": 4096, "cpu_milli": 1500, "cpu_shares": 1024}, 7)
    base = tmp_path / "pilothouse-t" / "c"
    assert (base / "memory.max").read_text() == "4096" and (base / "cpu.max").read_text() == "150000 100000"
    assert (base / "cpu.weight").read_text() == "39" and (base / "cgroup.procs").read_text() == "7"
    (base / "memory.events").write_text("oom 1\noom_kill 2\n")
    assert groups.is_oom_killed("c")


def test_no_cgroups(tmp_path: Path) -> None:
    groups = Cgroups("t", str(tmp_path / "none"))
    assert groups.kind == "none" and not groups.is_oom_killed("c")
    groups.create("c", {}, 1)
    groups.remove("c")
    groups.remove_all()


def test_frames_carry_descriptors() -> None:
    left, right = (Channel(sock) for sock in socket.socketpair())
    reader, writer = os.pipe()
    left.send({"op": "x", "n": 1}, [writer])
    assert right.wait() == {"op": "x", "n": 1}
    (received,) = right.take_fds()
    os.write(received, b"through")
    assert os.read(reader, 9) == b"through"
    for fd in (reader, writer, received):
        os.close(fd)
    left.close()
    with pytest.raises(Broken):
        right.wait()
    right.close()


@pytest.mark.parametrize("raw", [(MAX_FRAME_BYTES + 1).to_bytes(4, "big"), b"\0\0\0\2{]", b"\0\0\0\2[]"])
def test_bad_frames_are_refused(raw: bytes) -> None:
    left, right = socket.socketpair()
    left.sendall(raw + encode({}))
    channel = Channel(right)
    with pytest.raises(Broken):
        channel.wait()
    left.close()
    channel.close()


def test_records_and_trees(tmp_path: Path) -> None:
    write_record(str(tmp_path / "r.json"), {"a": 1})
    assert read_record(str(tmp_path / "r.json")) == {"a": 1}
    (tmp_path / "r.json").write_text("[1]")
    assert read_record(str(tmp_path / "r.json")) is None and read_record(str(tmp_path / "none")) is None
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep").touch()
    tree = tmp_path / "tree"
    (tree / "closed").mkdir(parents=True)
    (tree / "closed" / "f").touch()
    (tree / "link").symlink_to(outside)
    (tree / "closed").chmod(0)
    remove_tree(str(tree))
    assert not tree.exists() and (outside / "keep").exists()


def test_processes_are_known_by_pid_and_start() -> None:
    ticks = procfs.start_time(os.getpid())
    assert procfs.is_alive(os.getpid(), ticks) and not procfs.is_alive(os.getpid(), ticks + 1)
    assert procfs.start_time(0) == 0 and os.getpid() in procfs.processes()
    assert procfs.mark_of("/a") != procfs.mark_of("/b")
