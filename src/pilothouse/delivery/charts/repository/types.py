"""The records of repositories: how to reach one, what its index lists, where a chart is in a registry."""

from __future__ import annotations

from typing import Any

import msgspec


class Credentials(msgspec.Struct, frozen=True):
    """How to reach a server; paths are those of PEM files."""

    username: str = ""
    password: str = ""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    is_insecure: bool = False
    """The server's certificate is not checked."""
    is_plain: bool = False
    """A registry is spoken to without TLS."""
    goes_everywhere: bool = False
    """Name and password are also sent to other hosts than the repository's."""


class Repository(msgspec.Struct, frozen=True):
    """A repository a user added."""

    name: str
    url: str
    credentials: Credentials = Credentials()


class IndexEntry(msgspec.Struct, frozen=True):
    """One version of a chart in an index."""

    metadata: dict[str, Any]
    urls: tuple[str, ...] = ()
    digest: str = ""

    @property
    def version(self) -> str:
        """The chart's version."""
        return str(self.metadata.get("version") or "")


class Index(msgspec.Struct, frozen=True):
    """The charts of a repository; the versions of each, newest first."""

    entries: dict[str, tuple[IndexEntry, ...]]


class Reference(msgspec.Struct, frozen=True):
    """A place in a registry."""

    host: str
    path: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        """Return it as tools print it."""
        return f"{self.host}/{self.path}" + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


class Signed(msgspec.Struct, frozen=True):
    """Who signed an archive."""

    names: tuple[str, ...]
    fingerprint: str
    digest: str
