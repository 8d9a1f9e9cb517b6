"""OCI images as pure values: references, media types, manifests and configurations.

Shared by the image builder, which writes image layouts, and the node agent, which reads them; the on-disk format is the OCI
image layout and nothing else. Source: OCI image specification 1.1 and the reference grammar of its distribution twin.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from pilothouse.kit.errors import Invalid

INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_GZIP_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
DOCKER_LAYER_TYPE = "application/vnd.docker.image.rootfs.diff.tar.gzip"
DOCKER_MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
REF_ANNOTATION = "org.opencontainers.image.ref.name"
BASE_LABEL = "dev.pilothouse.base"
"""Label naming what the layers lie on: `host` (the machine's own root, read-only); absent means nothing."""
HOST_BASE = "host"
DEFAULT_DOMAIN = "docker.io"
MAX_REFERENCE = 512

_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"^(?:(?P<domain>[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]{{1,5}})?)/)?(?P<path>{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?\Z"
)
_DIGEST = re.compile(r"^sha256:[0-9a-f]{64}\Z")


class InvalidReference(Invalid):
    """A text that names no image."""

    reason = "InvalidImageName"


class Reference(msgspec.Struct, frozen=True):
    """An image reference in full."""

    domain: str
    path: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        """Return the canonical text."""
        return f"{self.domain}/{self.path}" + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


class Descriptor(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A pointer to a blob."""

    media_type: str
    digest: str
    size: int
    annotations: dict[str, str] = {}
    platform: dict[str, Any] = {}


class Manifest(msgspec.Struct, frozen=True, rename="camel"):
    """An image: its configuration and its layers, lowest first."""

    config: Descriptor
    layers: tuple[Descriptor, ...] = ()
    schema_version: int = 2
    media_type: str = MANIFEST_TYPE
    annotations: dict[str, str] = {}


class Index(msgspec.Struct, frozen=True, rename="camel"):
    """The list of images of a layout."""

    manifests: tuple[Descriptor, ...] = ()
    schema_version: int = 2
    media_type: str = INDEX_TYPE


class Execution(msgspec.Struct, frozen=True, rename="pascal", omit_defaults=True):
    """How to run an image."""

    user: str = ""
    exposed_ports: dict[str, dict[str, Any]] | None = None
    env: list[str] | None = None
    entrypoint: list[str] | None = None
    cmd: list[str] | None = None
    working_dir: str = ""
    labels: dict[str, str] | None = None
    stop_signal: str = ""


class RootFs(msgspec.Struct, frozen=True):
    """The digests of the uncompressed layers."""

    type: str = "layers"
    diff_ids: tuple[str, ...] = ()


class ImageConfig(msgspec.Struct, frozen=True):
    """The configuration blob of an image."""

    architecture: str
    os: str
    rootfs: RootFs
    config: Execution = Execution()

    @property
    def base(self) -> str:
        """What the layers lie on: `host`, or empty."""
        return (self.config.labels or {}).get(BASE_LABEL, "")


def parse_reference(text: str) -> Reference:
    """Return the reference with defaults filled in: `web` is docker.io/library/web:latest; raises InvalidReference."""
    match = _REFERENCE.match(text) if len(text) <= MAX_REFERENCE else None
    if match is None:
        raise InvalidReference(
            f"couldn't parse image name {text[:200]!r}: invalid reference format", fix="write it as [registry/]name[:tag]"
        )
    domain, path = match["domain"] or "", match["path"]
    if domain and "." not in domain and ":" not in domain and domain != "localhost":
        if domain != domain.lower():
            raise InvalidReference(f"couldn't parse image name {text!r}: repository name must be lower case")
        domain, path = "", f"{domain}/{path}"
    if not domain:
        domain = DEFAULT_DOMAIN
    if domain == DEFAULT_DOMAIN and "/" not in path:
        path = f"library/{path}"
    digest = match["digest"] or ""
    return Reference(domain, path, match["tag"] or ("" if digest else "latest"), digest)


def checked_digest(text: str) -> str:
    """Return the hexadecimal part of a sha256 digest; raises Invalid for anything else."""
    if not _DIGEST.match(text):
        raise Invalid(f"{text[:80]!r} is no sha256 digest")
    return text.removeprefix("sha256:")


def find_manifest(index: Index, reference: Reference) -> Descriptor | None:
    """Return the newest entry of a layout that `reference` names."""
    for entry in reversed(index.manifests):
        if reference.digest:
            if entry.digest == reference.digest:
                return entry
            continue
        name = entry.annotations.get(REF_ANNOTATION, "")
        try:
            if name and str(parse_reference(name)) == str(reference):
                return entry
        except InvalidReference:
            continue
    return None
