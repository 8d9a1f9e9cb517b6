import io
import tarfile

import pytest

from pilothouse.delivery.charts.adapters.archive import read_archive
from pilothouse.delivery.charts.errors import ChartInvalid


def archive(*entries: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, data in entries:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def test_files_lose_the_top_folder() -> None:
    assert read_archive(archive(("c/Chart.yaml", b"x"), ("c/a/b", b"y"))) == {"Chart.yaml": b"x", "a/b": b"y"}


@pytest.mark.parametrize("name", ["../evil", "c/../../evil", "c/..\\x", "Chart.yaml", "c/C:/x"])
def test_unsafe_names_are_refused(name: str) -> None:
    with pytest.raises(ChartInvalid):
        read_archive(archive((name, b"x")))


def test_not_an_archive() -> None:
    with pytest.raises(ChartInvalid, match="gzipped"):
        read_archive(b"hello")
    with pytest.raises(ChartInvalid):
        read_archive(archive(("c/x", b"1" * 1000))[:40])


def test_big_files_are_refused() -> None:
    with pytest.raises(ChartInvalid, match="maximum file size"):
        read_archive(archive(("c/x", b"0" * (6 * 1024 * 1024))))
