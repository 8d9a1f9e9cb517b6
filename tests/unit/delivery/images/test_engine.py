"""Dockerfiles, file plans and the bytes of images."""

from __future__ import annotations

import io
import tarfile
import zlib

import msgspec
import pytest

from pilothouse.api import oci
from pilothouse.delivery.images.engine import (
    Entry,
    LayerFile,
    default_recipe,
    digest_of,
    is_ignored,
    pack_layer,
    parse_dockerfile,
    plan_image,
    render_image,
)
from pilothouse.delivery.images.errors import DockerfileInvalid

DOCKERFILE = """
# an application
FROM host
WORKDIR /srv
ENV PORT=8080 NAME="two words"
COPY app.py lib ./
COPY static /srv/static/
EXPOSE 8080 53/udp
LABEL team=a
CMD ["python3", \\
     "app.py"]
"""


def test_dockerfile_to_recipe() -> None:
    recipe = parse_dockerfile(DOCKERFILE)
    assert recipe.base == "host"
    assert recipe.copies == [(["app.py", "lib"], "/srv/./"), (["static"], "/srv/static/")]
    assert recipe.env == {"PORT": "8080", "NAME": "two words"}
    assert recipe.cmd == ["python3", "app.py"]
    assert recipe.ports == ["8080/tcp", "53/udp"]
    assert recipe.labels == {"team": "a"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("COPY . /", "must be FROM"),
        ("FROM debian:12", "not available"),
        ("FROM host\nRUN make", "line 2: RUN is not supported"),
        ("FROM host\nFROM host", "only one stage"),
        ("FROM host\nCOPY x", "needs a source"),
        ('FROM host\nCMD ["a", 1]', "list of strings"),
        ("FROM host\nEXPOSE 99999", "no port"),
        ("FROM host\nENV 'a", "No closing quotation"),
        ("FROM host\nNONSENSE", "unknown instruction"),
    ],
)
def test_dockerfile_errors_name_the_line(text: str, message: str) -> None:
    with pytest.raises(DockerfileInvalid, match=message):
        parse_dockerfile(text)


def test_copy_places_files() -> None:
    entries = [Entry("app.py"), Entry("lib/a.py"), Entry("lib/sub/b.py"), Entry("static/x.css"), Entry("other.txt")]
    recipe = parse_dockerfile(
        "FROM host\nWORKDIR /srv\nCOPY app.py ./\nCOPY lib lib\nCOPY *.txt /data/\nCOPY static/x.css /one.css"
    )
    targets = [file.target for file in plan_image(recipe, entries)]
    assert targets == ["data/other.txt", "one.css", "srv/app.py", "srv/lib/a.py", "srv/lib/sub/b.py"]
    with pytest.raises(DockerfileInvalid, match="nothing in the folder"):
        plan_image(parse_dockerfile("FROM host\nCOPY missing /x"), entries)
    with pytest.raises(DockerfileInvalid, match="leaves the folder"):
        plan_image(parse_dockerfile("FROM host\nCOPY ../x /x"), entries)


def test_default_recipe_starts_main() -> None:
    assert default_recipe([Entry("main.py")]).cmd == ["python3", "main.py"]
    assert default_recipe([Entry("x")]).cmd is None


def test_dockerignore() -> None:
    patterns = ["*.pyc", "node_modules", "**/cache", "!keep.pyc"]
    assert is_ignored("a.pyc", patterns) and is_ignored("node_modules/x/y", patterns) and is_ignored("a/b/cache/c", patterns)
    assert not is_ignored("keep.pyc", patterns) and not is_ignored("src/app.py", patterns)


def test_the_same_files_give_the_same_bytes_in_any_order() -> None:
    files = [LayerFile("app/b", "b"), LayerFile("app/a", "a", is_executable=True), LayerFile("app/l", "l", link="a")]
    one = pack_layer(files, str.encode)
    two = pack_layer(list(reversed(files)), str.encode)
    assert one == two
    recipe = parse_dockerfile("FROM host\nCOPY . /app")
    assert render_image(recipe, one, "amd64") == render_image(recipe, two, "amd64")
    with tarfile.open(fileobj=io.BytesIO(one)) as archive:
        rows = [(m.name, m.mode, m.mtime, m.uid, m.type) for m in archive]
    assert rows == [
        ("app", 0o755, 0, 0, tarfile.DIRTYPE),
        ("app/a", 0o755, 0, 0, tarfile.REGTYPE),
        ("app/b", 0o644, 0, 0, tarfile.REGTYPE),
        ("app/l", 0o777, 0, 0, tarfile.SYMTYPE),
    ]


def test_digests_of_an_image_fit_together() -> None:
    tar = pack_layer([LayerFile("x", "x")], str.encode)
    blobs = render_image(parse_dockerfile("FROM host\nCOPY x /"), tar, "amd64")
    manifest = msgspec.json.decode(blobs.manifest, type=oci.Manifest)
    config = msgspec.json.decode(blobs.config, type=oci.ImageConfig)
    assert manifest.layers[0].digest == digest_of(blobs.layer) and manifest.config.digest == digest_of(blobs.config)
    assert config.rootfs.diff_ids == (digest_of(zlib.decompress(blobs.layer, 31)),) == (digest_of(tar),)
    assert config.base == "host"
