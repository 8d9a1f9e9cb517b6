"""Which repository a submodule is: `.gitmodules` is read here, as text, without Git's own machinery."""

from __future__ import annotations

import configparser

from pilothouse.delivery.gitops.engine.sources.urls import joined_url
from pilothouse.delivery.gitops.errors import SourceInvalid
from pilothouse.delivery.gitops.types.source import is_local

MAX_BYTES = 1 << 20


def submodule_url(text: bytes, path: str, parent: str) -> str:
    """Return the address of the submodule at `path` of the repository `parent`; raises `SourceInvalid`."""
    parser = configparser.RawConfigParser(strict=False, interpolation=None, allow_no_value=True)
    try:
        if len(text) > MAX_BYTES:
            raise ValueError("it is too large")
        parser.read_string("\n".join(line.strip() for line in text.decode().splitlines()))
    except (configparser.Error, ValueError) as error:
        raise SourceInvalid(f".gitmodules of {parent} cannot be read: {error}") from None
    for section in parser.sections():
        if section.startswith("submodule ") and (parser.get(section, "path", fallback="") or "").strip('"/ ') == path:
            url = joined_url(parent, (parser.get(section, "url", fallback="") or "").strip('" '))
            if is_local(url) and not is_local(parent):
                raise SourceInvalid(f"submodule {path} of {parent} is a folder of this machine, which is refused")
            if url:
                return url
    raise SourceInvalid(f"{path} is a submodule of {parent} that .gitmodules gives no address for", fix="add it to .gitmodules")
