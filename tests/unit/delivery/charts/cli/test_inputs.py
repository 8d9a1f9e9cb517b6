"""What is read from the command line."""

from pathlib import Path

import pytest

from pilothouse.delivery.charts.cli.inputs import post_renderer, read_file, release_name
from pilothouse.delivery.charts.errors import ChartInvalid, RenderFailed, ValuesInvalid


def test_files_and_names(tmp_path: Path) -> None:
    (tmp_path / "v").write_text("x")
    assert read_file(str(tmp_path / "v")) == b"x"
    with pytest.raises(ValuesInvalid, match="no such file"):
        read_file(str(tmp_path / "none"))
    assert release_name('{{ "WEB" | lower }}-1') == "web-1"
    with pytest.raises(ChartInvalid):
        release_name("{{")


def test_post_renderers() -> None:
    assert post_renderer("", []) is None
    upper = post_renderer("tr", ["a-z", "A-Z"])
    assert upper is not None
    assert upper("kind: x\n") == "KIND: X\n"
    for program in ("false", "true", "/none"):
        broken = post_renderer(program, [])
        assert broken is not None
        with pytest.raises(RenderFailed, match="error while running post render"):
            broken("x")
