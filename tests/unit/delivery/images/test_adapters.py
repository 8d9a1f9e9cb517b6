"""Building a folder into a layout on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilothouse.delivery.images.adapters import ImageLayout, build_image
from pilothouse.delivery.images.errors import ContextInvalid, LayoutDamaged, UnknownImage


def make_app(folder: Path) -> Path:
    folder.mkdir()
    (folder / "main.py").write_text("print('hi')")
    (folder / "run").write_text("#!/bin/sh")
    (folder / "run").chmod(0o755)
    (folder / "link").symlink_to("run")
    return folder


def test_build_twice_is_identical_and_tags_move(tmp_path: Path) -> None:
    app = make_app(tmp_path / "app")
    one, two = ImageLayout(tmp_path / "one"), ImageLayout(tmp_path / "two")
    assert build_image(app, "shop:1", one) == build_image(app, "shop:1", two)
    first = one.tags()
    (app / "main.py").write_text("print('two')")
    build_image(app, "shop:1", one)
    assert [name for name, _ in one.tags()] == ["docker.io/library/shop:1"] and one.tags() != first
    assert one.config("shop:1").config.cmd == ["python3", "main.py"]


def test_untag_removes_only_what_nobody_needs(tmp_path: Path) -> None:
    app = make_app(tmp_path / "app")
    layout = ImageLayout(tmp_path / "layout")
    build_image(app, "a:1", layout)
    build_image(app, "b:1", layout)
    layout.untag("a:1")
    assert layout.config("b:1").os == "linux"
    layout.untag("b:1")
    assert list((tmp_path / "layout" / "blobs" / "sha256").iterdir()) == []
    with pytest.raises(UnknownImage):
        layout.untag("b:1")


def test_bad_input_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ContextInvalid):
        build_image(tmp_path / "missing", "a:1", ImageLayout(tmp_path / "l"))
    (tmp_path / "l").mkdir()
    (tmp_path / "l" / "index.json").write_text("[]")
    with pytest.raises(LayoutDamaged):
        ImageLayout(tmp_path / "l").tags()
