"""Images as containers find them: verified, unpacked once, and never replaced by something else."""

from __future__ import annotations

import io
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pilothouse.cluster.nodeagent.adapters.images import ImageStore
from pilothouse.cluster.nodeagent.errors import ImageBroken, ImageMissing, InvalidImageName
from pilothouse.delivery.images.adapters import ImageLayout, build_image
from pilothouse.delivery.images.engine import Recipe, render_image


def store_of(tmp_path: Path) -> ImageStore:
    return ImageStore(str(tmp_path / "images"), str(tmp_path / "layers"))


def test_found_and_unpacked_once(tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "main.py").write_text("print(1)")
    build_image(app, "shop:1", ImageLayout(tmp_path / "images"))
    image = store_of(tmp_path).find("shop:1")
    assert image.base == "host" and image.execution.cmd == ["python3", "main.py"] and image.execution.working_dir == "/app"
    assert (Path(image.layers[0]) / "app" / "main.py").read_text() == "print(1)"
    stamp = Path(image.layers[0]).stat().st_ino
    assert store_of(tmp_path).find("docker.io/library/shop:1").id == image.id
    assert Path(image.layers[0]).stat().st_ino == stamp
    assert store_of(tmp_path).names()[0][0] == "docker.io/library/shop:1"


def test_missing_image_says_how_to_build_it(tmp_path: Path) -> None:
    with pytest.raises(ImageMissing) as caught:
        store_of(tmp_path).find("bash")
    assert f"pilothouse image build -t bash --layout {tmp_path / 'images'} FOLDER" in caught.value.fix
    assert store_of(tmp_path).find("host").layers == ()
    with pytest.raises(InvalidImageName):
        store_of(tmp_path).find("UPPER case")


def _layer(*members: tuple[str, bytes, str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind, target in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
    return out.getvalue()


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([("../out", tarfile.REGTYPE, "")], "leaves the image"),
        ([("a", tarfile.SYMTYPE, "/etc"), ("a/passwd", tarfile.REGTYPE, "")], "behind a link"),
        ([("a", tarfile.SYMTYPE, "/etc/passwd"), ("b", tarfile.LNKTYPE, "a")], "points to no file"),
    ],
)
def test_malicious_layers_are_refused(tmp_path: Path, members: list[tuple[str, bytes, str]], message: str) -> None:
    ImageLayout(tmp_path / "images").write("bad:1", render_image(Recipe(), _layer(*members), "amd64"))
    with pytest.raises(ImageBroken, match=message):
        store_of(tmp_path).find("bad:1")
    assert list((tmp_path / "layers").iterdir()) == []


def test_damaged_blobs_are_refused(tmp_path: Path) -> None:
    blobs = render_image(Recipe(), _layer(("a", tarfile.REGTYPE, "")), "amd64")
    ImageLayout(tmp_path / "images").write("web:1", blobs)
    path = tmp_path / "images" / "blobs" / "sha256" / blobs.layer_digest.removeprefix("sha256:")
    path.write_bytes(blobs.layer[:-1] + b"x")
    with pytest.raises(ImageBroken):
        store_of(tmp_path).find("web:1")
    path.unlink()
    with pytest.raises(ImageBroken):
        store_of(tmp_path).find("web:1")
    (tmp_path / "images" / "index.json").write_text("{")
    with pytest.raises(ImageBroken, match="damaged"):
        store_of(tmp_path).find("web:1")


def test_many_pods_may_unpack_the_same_image_at_once(tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "main.py").write_text("print(1)")
    build_image(app, "shop:1", ImageLayout(tmp_path / "images"))
    store = store_of(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        found = {image.layers for image in pool.map(lambda _: store.find("shop:1"), range(16))}
    assert len(found) == 1
    assert [path.name for path in (tmp_path / "layers").iterdir() if path.name.startswith(".")] == []
