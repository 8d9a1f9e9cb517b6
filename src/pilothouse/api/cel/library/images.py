"""References to container images: registry, repository, tag and digest.

Source: Kubernetes CEL library image; references as the go-containerregistry library reads them.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pilothouse.api.cel.functions import Row
from pilothouse.api.cel.values import EvalError, Opaque

IMAGE = "kubernetes.Image"
DEFAULT_REGISTRY, DEFAULT_TAG = "index.docker.io", "latest"
_REGISTRY = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?")
_REPOSITORY = re.compile(r"[a-z0-9_\-./]{2,255}")
_TAG = re.compile(r"[A-Za-z0-9_\-.]{1,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class Reference(NamedTuple):
    """The parts of a reference; a digest counts more than a tag, which it then has not."""

    registry: str
    repository: str
    tag: str
    digest: str


def parse_reference(text: str) -> Reference:
    """Return the parts of a reference; raises `EvalError`."""
    base, has_digest, digest = text.partition("@")
    if has_digest and not _DIGEST.fullmatch(digest):
        raise _bad(text)
    name, tag = _split_tag(base)
    if not _TAG.fullmatch(tag or DEFAULT_TAG) or base.endswith(":"):
        raise _bad(text)
    registry, repository = _split_registry(name)
    if not _REPOSITORY.fullmatch(repository) or "" in repository.split("/") or not _REGISTRY.fullmatch(registry):
        raise _bad(text)
    return Reference(registry, repository, "" if digest else tag or DEFAULT_TAG, digest)


def _split_tag(text: str) -> tuple[str, str]:
    name, found, tag = text.rpartition(":")
    return (name, tag) if found and "/" not in tag else (text, "")


def _split_registry(name: str) -> tuple[str, str]:
    first, found, rest = name.partition("/")
    if found and ("." in first or ":" in first or first == "localhost"):
        return first, f"library/{rest}" if first == DEFAULT_REGISTRY and "/" not in rest else rest
    return DEFAULT_REGISTRY, name if found else f"library/{name}" if name else ""


def _bad(text: str) -> EvalError:
    return EvalError(f"could not parse reference: {text}")


def _is_image(text: str) -> bool:
    try:
        parse_reference(text)
    except EvalError:
        return False
    return True


ROWS: list[Row] = [
    ("image", f"(string) {IMAGE}", lambda text: Opaque(IMAGE, parse_reference(text))),
    ("isImage", "(string) bool", _is_image),
    ("containsDigest", f"{IMAGE}.() bool", lambda image: bool(image.data.digest)),
    ("registry", f"{IMAGE}.() string", lambda image: image.data.registry),
    ("repository", f"{IMAGE}.() string", lambda image: image.data.repository),
    ("identifier", f"{IMAGE}.() string", lambda image: image.data.digest or image.data.tag),
    ("tag", f"{IMAGE}.() string", lambda image: image.data.tag),
    ("digest", f"{IMAGE}.() string", lambda image: image.data.digest),
]
