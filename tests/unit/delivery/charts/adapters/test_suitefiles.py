import tarfile
from pathlib import Path

import pytest

from pilothouse.delivery.charts.adapters.suitefiles import snapshot_path, suite_files
from pilothouse.delivery.charts.errors import ValuesInvalid

FILES = {"Chart.yaml": "name: c", "tests/a_test.yaml": "a", "charts/s/tests/deep/b_test.yaml": "b", "v.yaml": "x: 1"}


@pytest.fixture(params=["folder", "archive"])
def chart(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    root = tmp_path / "c"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    if request.param == "folder":
        return str(root)
    with tarfile.open(tmp_path / "c.tgz", "w:gz") as tar:
        tar.add(root, "c")
    return str(tmp_path / "c.tgz")


def test_suites_are_found_and_read_beside(chart: str) -> None:
    files = suite_files(chart)
    found = files.find("", ["tests/*_test.yaml", "unittests/*.yaml"])
    assert [Path(one).name for one in found] == ["a_test.yaml"]
    assert files.read(found[0]) == b"a"
    assert files.read("../v.yaml", found[0]) == b"x: 1"
    assert [Path(one).name for one in files.find("charts/s", ["tests/**/*_test.yaml"])] == ["b_test.yaml"]
    assert not files.exists(snapshot_path(found[0], ""))
    with pytest.raises(ValuesInvalid, match="no such file"):
        files.read("gone.yaml", found[0])


def test_archives_are_not_written(chart: str) -> None:
    files = suite_files(chart)
    place = snapshot_path(files.find("", ["tests/*_test.yaml"])[0], "1")
    assert place.endswith("tests/__snapshot__/a_test.yaml_1.snap")
    if chart.endswith(".tgz"):
        with pytest.raises(ValuesInvalid, match="archive"):
            files.write(place, "x")
    else:
        files.write(place, "x")
        assert files.read(place) == b"x"
