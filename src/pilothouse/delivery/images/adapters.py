"""The build folder and the image layout on disk.

`build_image` is the whole way: read the folder, plan, pack, write the blobs, tag. Blobs are written to a temporary name and
renamed; `index.json` is replaced last and atomically, so that a reader sees the old or the new image and never half of one.
"""

from __future__ import annotations

import fcntl
import os
import platform
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from pilothouse.api import oci
from pilothouse.delivery.images.engine import (
    MAX_DOCKERFILE_BYTES,
    Blobs,
    Entry,
    default_recipe,
    is_ignored,
    pack_layer,
    parse_dockerfile,
    plan_image,
    render_image,
)
from pilothouse.delivery.images.errors import ContextInvalid, ContextTooLarge, LayoutDamaged, UnknownImage

MAX_CONTEXT_BYTES = 1 << 30
MAX_CONTEXT_FILES = 100_000
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
Tagged = list[tuple[str, oci.Descriptor]]


class ImageLayout:
    """An OCI image layout: blobs by digest, tags in `index.json`."""

    def __init__(self, path: str | Path) -> None:
        """Use the layout at `path`; it is made on the first write."""
        self.path = Path(path)

    def index(self) -> oci.Index:
        """Return the list of images; raises LayoutDamaged when it cannot be read."""
        try:
            raw = (self.path / "index.json").read_bytes()
        except FileNotFoundError:
            return oci.Index()
        try:
            return msgspec.json.decode(raw, type=oci.Index)
        except msgspec.MsgspecError as error:
            raise LayoutDamaged(f"{self.path / 'index.json'}: {error}", fix="remove the folder and build again") from error

    def tags(self) -> Tagged:
        """Return every tag with its manifest."""
        return [(name, entry) for entry in self.index().manifests if (name := entry.annotations.get(oci.REF_ANNOTATION))]

    def blob(self, digest: str) -> bytes:
        """Return a blob's bytes."""
        try:
            return (self.path / "blobs" / "sha256" / oci.checked_digest(digest)).read_bytes()
        except FileNotFoundError as error:
            raise LayoutDamaged(f"{self.path}: blob {digest} is missing", fix="build the image again") from error

    def config(self, name: str) -> oci.ImageConfig:
        """Return the configuration of an image; raises UnknownImage."""
        entry = oci.find_manifest(self.index(), oci.parse_reference(name))
        if entry is None:
            raise UnknownImage(f"no image {name} in {self.path}", fix=f"build it with `pilothouse image build -t {name} FOLDER`")
        manifest = msgspec.json.decode(self.blob(entry.digest), type=oci.Manifest)
        return msgspec.json.decode(self.blob(manifest.config.digest), type=oci.ImageConfig)

    def write(self, name: str, blobs: Blobs) -> None:
        """Store the blobs and point the tag `name` to them."""
        reference = str(oci.parse_reference(name))
        for digest, content in ((blobs.layer_digest, blobs.layer), (blobs.config_digest, blobs.config)):
            self._put(digest, content)
        self._put(blobs.manifest_digest, blobs.manifest)
        entry = oci.Descriptor(oci.MANIFEST_TYPE, blobs.manifest_digest, len(blobs.manifest), {oci.REF_ANNOTATION: reference})
        with self._locked():
            kept = tuple(one for one in self.index().manifests if one.annotations.get(oci.REF_ANNOTATION) != reference)
            self._replace_index(oci.Index((*kept, entry)))

    def untag(self, name: str) -> None:
        """Remove a tag and every blob no other image needs; raises UnknownImage."""
        reference = str(oci.parse_reference(name))
        with self._locked():
            index = self.index()
            kept = tuple(one for one in index.manifests if one.annotations.get(oci.REF_ANNOTATION) != reference)
            if len(kept) == len(index.manifests):
                raise UnknownImage(f"no image {name} in {self.path}")
            self._replace_index(oci.Index(kept))
            needed = {digest for entry in kept for digest in self._reachable(entry)}
            for blob in (self.path / "blobs" / "sha256").iterdir():
                if f"sha256:{blob.name}" not in needed:
                    blob.unlink()

    def _reachable(self, entry: oci.Descriptor) -> list[str]:
        manifest = msgspec.json.decode(self.blob(entry.digest), type=oci.Manifest)
        return [entry.digest, manifest.config.digest, *(layer.digest for layer in manifest.layers)]

    def _put(self, digest: str, content: bytes) -> None:
        target = self.path / "blobs" / "sha256" / oci.checked_digest(digest)
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{os.getpid()}")
        temporary.write_bytes(content)
        os.rename(temporary, target)

    def _replace_index(self, index: oci.Index) -> None:
        (self.path / "oci-layout").write_bytes(b'{"imageLayoutVersion":"1.0.0"}')
        temporary = self.path / f".index.json.{os.getpid()}"
        temporary.write_bytes(msgspec.json.encode(index))
        os.rename(temporary, self.path / "index.json")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def scan_folder(folder: Path, patterns: list[str]) -> list[Entry]:
    """Return the folder's files and links, sorted; raises ContextInvalid or ContextTooLarge."""
    if not folder.is_dir():
        raise ContextInvalid(f"{folder} is not a folder", fix="give the folder that holds the application")
    entries: list[Entry] = []
    size_bytes = 0
    for root, names, files in os.walk(folder):
        names.sort()
        for name in sorted([*files, *(one for one in names if (Path(root) / one).is_symlink())]):
            path = Path(root) / name
            inner = path.relative_to(folder).as_posix()
            if is_ignored(inner, patterns):
                continue
            info = path.lstat()
            if stat.S_ISLNK(info.st_mode):
                entries.append(Entry(inner, link=os.readlink(path)))
            elif stat.S_ISREG(info.st_mode):
                size_bytes += info.st_size
                entries.append(Entry(inner, is_executable=bool(info.st_mode & 0o100)))
            if size_bytes > MAX_CONTEXT_BYTES or len(entries) > MAX_CONTEXT_FILES:
                raise ContextTooLarge(
                    f"{folder} holds more than {MAX_CONTEXT_BYTES >> 20} MiB or {MAX_CONTEXT_FILES} files",
                    fix="list what is not needed in .dockerignore",
                )
    return entries


def _patterns(folder: Path) -> list[str]:
    path = folder / ".dockerignore"
    lines = path.read_text("utf-8", "replace").splitlines() if path.is_file() else []
    return [".dockerignore", "Dockerfile", ".git", *(line.strip() for line in lines if line.strip() and not line.startswith("#"))]


def build_image(folder: str | Path, name: str, layout: ImageLayout) -> Blobs:
    """Build `folder` into an image tagged `name` and return its blobs."""
    root = Path(folder)
    oci.parse_reference(name)
    entries = scan_folder(root, _patterns(root))
    dockerfile = root / "Dockerfile"
    if dockerfile.is_file():
        if dockerfile.stat().st_size > MAX_DOCKERFILE_BYTES:
            raise ContextTooLarge(f"{dockerfile} is larger than {MAX_DOCKERFILE_BYTES} bytes")
        recipe = parse_dockerfile(dockerfile.read_text("utf-8", "replace"))
    else:
        recipe = default_recipe(entries)
    files = plan_image(recipe, entries)
    tar = pack_layer(files, lambda path: (root / path).read_bytes(), [recipe.workdir])
    machine = platform.machine()
    blobs = render_image(recipe, tar, _ARCHITECTURES.get(machine, machine))
    layout.write(name, blobs)
    return blobs
