"""The plugin as foreign test suites see it: it is there, it costs nothing, it cleans up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest


@pytest.mark.control_plane(nodes=1)
class TestOptions:
    @pytest.mark.control_plane(virtual_time=True)
    def test_markers_of_class_and_function_add_up(self, control_plane) -> None:  # type: ignore[no-untyped-def]
        assert [node["metadata"]["name"] for node in control_plane.list("nodes")] == ["node-0"]
        assert control_plane.now.startswith("2026-01-01")


def test_each_test_has_its_own(control_plane, control_plane_factory) -> None:  # type: ignore[no-untyped-def]
    other = control_plane_factory()
    assert control_plane.url != other.url
    assert control_plane.list("pods") == other.list("pods") == []


def test_it_is_found_by_installing() -> None:
    (entry,) = entry_points(group="pytest11", name="pilothouse")
    assert entry.value == "pilothouse.testing.plugin"


def suite(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_theirs.py").write_text(text)
    temporary = folder / "tmp"
    temporary.mkdir()
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)], cwd=folder,
        env={**os.environ, "TMPDIR": str(temporary)}, capture_output=True, text=True, timeout=50, check=False,
    )  # fmt: skip


def test_suites_that_do_not_use_it_import_nothing(tmp_path: Path) -> None:
    text = "import sys, json\ndef test_it():\n    open('modules', 'w').write(json.dumps(sorted(sys.modules)))\n"
    assert suite(tmp_path, text).returncode == 0
    modules = json.loads((tmp_path / "modules").read_text())
    assert "pilothouse.testing.plugin" in modules
    assert not {"uvloop", "msgspec", "cryptography", "orjson", "yaml", "pilothouse.testing.environment"} & set(modules)


def test_it_is_imported_as_outside_of_pytest_and_suites_are_not(tmp_path: Path) -> None:
    text = (
        "import sys\nfrom importlib.machinery import PathFinder\n"
        "def test_it(control_plane):\n"
        "    rewritten = {name for name, module in sys.modules.items()\n"
        "                 if 'Rewriting' in type(getattr(module, '__loader__', None)).__name__}\n"
        "    assert {name for name in rewritten if name.startswith('pilothouse')} <= {\n"
        "        'pilothouse', 'pilothouse.testing', 'pilothouse.testing.plugin'}\n"
        "    assert 'test_theirs' in rewritten\n"
        "    assert sys.meta_path.count(PathFinder) == 1\n"
    )
    done = suite(tmp_path, text)
    assert done.returncode == 0, done.stdout


def test_a_failing_test_shows_events_and_leaves_nothing(tmp_path: Path) -> None:
    done = suite(
        tmp_path,
        "def test_it(control_plane):\n"
        "    pod = {'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'name': 'one'},\n"
        "           'spec': {'containers': [{'name': 'c', 'image': 'x'}]}}\n"
        "    control_plane.apply(pod)\n"
        "    control_plane.wait_for('pod', 'one', timeout_s=0.1)\n",
    )
    assert done.returncode == 1
    assert "Pod default/one: 'Ready' was not reached within 0.1 s" in done.stdout
    assert "nodes=1 gives the control plane one" in done.stdout
    assert "- control plane -" in done.stdout
    assert list((tmp_path / "tmp").glob("ph-*")) == []


def test_mistakes_in_markers_are_told(tmp_path: Path) -> None:
    text = "import pytest\n@pytest.mark.control_plane(%s)\ndef test_it(control_plane): pass\n"
    assert "has no option 'node'" in suite(tmp_path, text % "node=1").stdout
    (tmp_path / "tmp").rmdir()
    assert "options by name only" in suite(tmp_path, text % "1").stdout
