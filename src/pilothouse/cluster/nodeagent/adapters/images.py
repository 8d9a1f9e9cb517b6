"""Images for containers: found in an OCI image layout on disk, unpacked once per layer, never fetched from anywhere.

A reference that does not resolve is an error that says how to build the image; it never falls back to a program of the
machine. The one built-in image, `host`, is the machine's root without any layer, for Pods that bring their own command.
Layers are verified against their digests, unpacked under `layers/DIGEST` and shared by all containers as read-only lower folders.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tarfile
import tempfile
import zlib
from pathlib import Path
from typing import IO, Any, TypeVar

import msgspec

from pilothouse.api import oci
from pilothouse.cluster.nodeagent.errors import ImageBroken, ImageMissing, InvalidImageName
from pilothouse.cluster.nodeagent.supervisor.records import remove_tree

MAX_LAYER_BYTES = 8 << 30
MAX_ENTRIES = 400_000
MAX_JSON_BYTES = 8 << 20
HOST_IMAGE = "docker.io/library/host:latest"
_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
T = TypeVar("T")


class Image(msgspec.Struct, frozen=True):
    """An image ready to run: how, and on which unpacked layers (topmost first)."""

    id: str
    name: str
    base: str
    execution: oci.Execution
    layers: tuple[str, ...] = ()


class ImageStore:
    """The images of one data directory."""

    def __init__(self, layout: str, cache: str) -> None:
        """Read the OCI layout at `layout`, unpack into `cache`."""
        self._layout, self._cache = Path(layout), Path(cache)

    def find(self, text: str) -> Image:
        """Return the image `text` names, unpacking what is not yet there; raises ImageMissing, ImageBroken, InvalidImageName."""
        try:
            reference = oci.parse_reference(text)
        except oci.InvalidReference as error:
            raise InvalidImageName(f'Failed to apply default image tag "{text}": {error.message}', fix=error.fix) from error
        index = self._json(self._layout / "index.json", oci.Index) if (self._layout / "index.json").exists() else oci.Index()
        entry = oci.find_manifest(index, reference)
        if entry is None:
            if str(reference) == HOST_IMAGE:
                return Image("sha256:" + "0" * 64, str(reference), oci.HOST_BASE, oci.Execution())
            raise ImageMissing(
                f'failed to resolve reference "{reference}": not found among the images of this node, and nothing is downloaded',
                fix=f"build it with `pilothouse image build -t {text} --layout {self._layout} FOLDER`, "
                "or use image `host` for a program of this machine",
            )
        manifest = self._json(self._blob(entry.digest), oci.Manifest)
        config = self._json(self._blob(manifest.config.digest), oci.ImageConfig)
        if len(config.rootfs.diff_ids) != len(manifest.layers):
            raise ImageBroken(f"image {reference}: {len(manifest.layers)} layers but {len(config.rootfs.diff_ids)} diff_ids")
        unpacked = [self._unpacked(layer, diff) for layer, diff in zip(manifest.layers, config.rootfs.diff_ids)]
        return Image(manifest.config.digest, str(reference), config.base, config.config, tuple(reversed(unpacked)))

    def names(self) -> list[tuple[str, int]]:
        """Return every tagged image with the size of its layers, for the Node's status."""
        path = self._layout / "index.json"
        if not path.exists():
            return []
        found = []
        for entry in self._json(path, oci.Index).manifests:
            name = entry.annotations.get(oci.REF_ANNOTATION)
            if name:
                manifest = self._json(self._blob(entry.digest), oci.Manifest)
                found.append((name, sum(layer.size for layer in manifest.layers)))
        return found

    def _blob(self, digest: str) -> Path:
        return self._layout / "blobs" / "sha256" / oci.checked_digest(digest)

    def _json(self, path: Path, kind: type[T]) -> T:
        try:
            if path.stat().st_size > MAX_JSON_BYTES:
                raise ImageBroken(f"{path.name} is larger than {MAX_JSON_BYTES} bytes")
            return msgspec.json.decode(path.read_bytes(), type=kind)
        except (OSError, msgspec.MsgspecError) as error:
            raise ImageBroken(f"the image layout is damaged at {path.name}: {error}", fix="build the image again") from error

    def _unpacked(self, layer: oci.Descriptor, diff_id: str) -> str:
        target = self._cache / oci.checked_digest(diff_id)
        if target.exists():
            return str(target)
        self._cache.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=self._cache))
        try:
            with self._blob(layer.digest).open("rb") as raw:
                source = _Verified(raw, layer)
                _unpack(source, temporary)
                source.check(layer.digest, diff_id)
            temporary.chmod(0o755)
            os.rename(temporary, target)
        except (OSError, tarfile.TarError, zlib.error, EOFError) as error:
            if target.exists():
                return str(target)
            raise ImageBroken(f"layer {layer.digest} cannot be unpacked: {error}", fix="build the image again") from error
        finally:
            remove_tree(str(temporary))
        return str(target)


class _Verified:
    """A reader of a layer's tar stream that hashes both the compressed and the plain bytes."""

    def __init__(self, raw: IO[bytes], layer: oci.Descriptor) -> None:
        self._raw = raw
        is_packed = layer.media_type in {oci.LAYER_GZIP_TYPE, oci.DOCKER_LAYER_TYPE}
        if not is_packed and layer.media_type != oci.LAYER_TYPE:
            raise ImageBroken(f"layers of type {layer.media_type} are not supported", fix="use tar+gzip layers")
        self._inflate = zlib.decompressobj(31) if is_packed else None
        self._packed, self._plain = hashlib.sha256(), hashlib.sha256()
        self._total = 0

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` plain bytes; used by tarfile."""
        wanted = size if size >= 0 else 1 << 20
        out = bytearray()
        while len(out) < wanted:
            chunk = self._next(wanted - len(out))
            if not chunk:
                break
            out += chunk
        self._plain.update(out)
        self._total += len(out)
        if self._total > MAX_LAYER_BYTES:
            raise ImageBroken(f"a layer holds more than {MAX_LAYER_BYTES} bytes")
        return bytes(out)

    def _next(self, wanted: int) -> bytes:
        if self._inflate is None:
            data = self._raw.read(wanted)
            self._packed.update(data)
            return data
        while True:
            tail = self._inflate.unconsumed_tail
            if not tail:
                tail = self._raw.read(65536)
                self._packed.update(tail)
            if not tail:
                return self._inflate.flush()
            out = self._inflate.decompress(tail, wanted)
            if out:
                return out

    def check(self, digest: str, diff_id: str) -> None:
        """Read to the end and compare both digests."""
        while self.read(1 << 20):
            pass
        while rest := self._raw.read(1 << 20):
            self._packed.update(rest)
        for kind, got, wanted in (("layer", self._packed, digest), ("diff_id", self._plain, diff_id)):
            if f"sha256:{got.hexdigest()}" != wanted:
                raise ImageBroken(f"{kind} digest is sha256:{got.hexdigest()}, expected {wanted}", fix="build the image again")


def _unpack(source: Any, target: Path) -> None:
    is_root = os.geteuid() == 0
    folders: list[tuple[Path, int]] = []
    with tarfile.open(fileobj=source, mode="r|") as archive:
        for number, member in enumerate(archive):
            if number >= MAX_ENTRIES:
                raise ImageBroken(f"a layer has more than {MAX_ENTRIES} entries")
            path = _place(target, member.name)
            if path is None:
                continue
            if not _special(member, path):
                _extract(archive, member, path, target, folders)
                if is_root and not member.islnk():
                    os.chown(path, member.uid, member.gid, follow_symlinks=False)
                    if not member.issym():
                        os.chmod(path, member.mode & 0o7777)
    for path, mode in reversed(folders):
        os.chmod(path, mode & 0o7777)


def _place(target: Path, name: str) -> Path | None:
    """Return where a member goes; refuses to leave the layer, also through links made by earlier members."""
    parts = [part for part in name.split("/") if part not in {"", "."}]
    if not parts:
        return None
    if ".." in parts:
        raise ImageBroken(f"layer entry {name!r} leaves the image")
    parent = target
    for part in parts[:-1]:
        parent = parent / part
        if parent.is_symlink() or (parent.exists() and not parent.is_dir()):
            raise ImageBroken(f"layer entry {name!r} lies behind a link")
        parent.mkdir(exist_ok=True)
    return parent / parts[-1]


def _special(member: tarfile.TarInfo, path: Path) -> bool:
    """Turn whiteouts into what overlay understands; True when the member was one or is to be skipped."""
    if path.name == _OPAQUE:
        for name in ("trusted.overlay.opaque", "user.overlay.opaque"):
            try:
                os.setxattr(path.parent, name, b"y")
            except OSError:
                continue
        return True
    if path.name.startswith(_WHITEOUT):
        os.mknod(path.with_name(path.name.removeprefix(_WHITEOUT)), stat.S_IFCHR, os.makedev(0, 0))
        return True
    return member.isdev()


def _extract(
    archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path, target: Path, folders: list[tuple[Path, int]]
) -> None:
    if member.isdir():
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            path.unlink()
        path.mkdir(exist_ok=True)
        folders.append((path, member.mode))
        return
    if path.is_symlink() or path.exists():
        path.unlink()
    if member.issym():
        os.symlink(member.linkname, path)
    elif member.islnk():
        linked = _place(target, member.linkname)
        if linked is None or linked.is_symlink():
            raise ImageBroken(f"hard link {member.name!r} points to no file")
        os.link(linked, path)
    elif member.isreg():
        content = archive.extractfile(member)
        assert content is not None
        with path.open("xb") as out:
            while chunk := content.read(1 << 20):
                out.write(chunk)
        path.chmod(member.mode & 0o7777)
