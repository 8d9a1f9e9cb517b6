"""Charts in registries, by the distribution protocol: every piece is checked against its digest.

Names and passwords are sent as they are (Basic) or exchanged for a token where the registry says so (Bearer).
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

import orjson

from pilothouse.delivery.charts.adapters.archive import MAX_TOTAL
from pilothouse.delivery.charts.repository.adapters.http import Answer, basic, exchange
from pilothouse.delivery.charts.repository.engine.manifest import (
    INDEX,
    MANIFEST,
    MAX_MANIFEST_BYTES,
    Contents,
    Descriptor,
    config_bytes,
    digest_of,
    manifest_bytes,
    read_manifest,
)
from pilothouse.delivery.charts.repository.errors import ChartNotFound, DigestMismatch, DownloadFailed, RepositoryInvalid
from pilothouse.delivery.charts.repository.types import Credentials, Reference

MAX_TAGS = 20_000
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_NEXT = re.compile(r'<([^>]+)>;\s*rel="?next"?')


class Registry:
    """One registry."""

    def __init__(self, host: str, credentials: Credentials) -> None:
        """Talk to `host` (name or name:port)."""
        self._host, self._credentials = host, credentials
        self._root = f"{'http' if credentials.is_plain else 'https'}://{host}"
        self._authorization = basic(credentials) if credentials.username else ""

    def _send(
        self, method: str, url: str, *, headers: dict[str, str] | None = None, body: bytes | None = None,
        max_bytes: int = MAX_MANIFEST_BYTES,
    ) -> Answer:  # fmt: skip
        """Send a request; a registry that wants a token gets one."""
        target = urljoin(self._root, url)
        is_own = urlsplit(target).netloc == self._host
        for is_last in (False, True):
            own = {"Authorization": self._authorization} if self._authorization and is_own else {}
            answer = exchange(
                method, target, self._credentials, headers={**(headers or {}), **own}, body=body, max_bytes=max_bytes
            )
            if answer.status != 401 or is_last or not self._take_token(answer):
                return answer
        return answer

    def _take_token(self, answer: Answer) -> bool:
        challenge = answer.headers.get("www-authenticate", "")
        if not challenge.lower().startswith("bearer "):
            return False
        given = dict(_CHALLENGE.findall(challenge))
        query = {key: given[key] for key in ("service", "scope") if given.get(key)}
        parts = urlsplit(given.get("realm", ""))
        url = urlunsplit((parts.scheme, parts.netloc, parts.path, "&".join(filter(None, (parts.query, urlencode(query)))), ""))
        headers = {"Authorization": basic(self._credentials)} if self._credentials.username else {}
        found = exchange("GET", url, self._credentials, headers=headers, max_bytes=MAX_MANIFEST_BYTES)
        try:
            tree = orjson.loads(found.body) if found.status == 200 else {}
        except orjson.JSONDecodeError:
            tree = {}
        token = tree.get("token") or tree.get("access_token") if isinstance(tree, dict) else None
        if not isinstance(token, str):
            return False
        self._authorization = f"Bearer {token}"
        return True

    def check(self) -> None:
        """Raise DownloadFailed when the registry does not know the user or is none."""
        answer = self._send("GET", "/v2/")
        if answer.status != 200:
            raise _refusal(f"authenticating to {self._host}", answer)

    def manifest(self, reference: Reference) -> tuple[bytes, str]:
        """Return a manifest and its digest; raises ChartNotFound."""
        wanted = reference.digest or reference.tag
        accept = ", ".join((MANIFEST, INDEX))
        answer = self._send("GET", f"/v2/{reference.path}/manifests/{wanted}", headers={"Accept": accept})
        if answer.status == 404:
            raise ChartNotFound(f"{reference}: not found")
        if answer.status != 200:
            raise _refusal(str(reference), answer)
        digest = digest_of(answer.body)
        if reference.digest and reference.digest != digest:
            raise DigestMismatch(f"{reference}: the registry answered with another manifest ({digest})")
        return answer.body, digest

    def blob(self, path: str, piece: Descriptor, max_bytes: int = MAX_TOTAL) -> bytes:
        """Return a piece of content, checked; raises DigestMismatch."""
        if piece.size > max_bytes:
            raise RepositoryInvalid(f"{path}@{piece.digest} is larger than {max_bytes} bytes")
        answer = self._send("GET", f"/v2/{path}/blobs/{piece.digest}", max_bytes=max_bytes)
        if answer.status != 200:
            raise _refusal(f"{path}@{piece.digest}", answer)
        if digest_of(answer.body) != piece.digest:
            raise DigestMismatch(f"{self._host}/{path}: what the registry sent is not {piece.digest}")
        return answer.body

    def tags(self, path: str) -> list[str]:
        """Return the tags of a repository."""
        found: list[str] = []
        url = f"/v2/{path}/tags/list"
        while url and len(found) < MAX_TAGS:
            answer = self._send("GET", url)
            if answer.status == 404:
                raise ChartNotFound(f"{self._host}/{path}: not found")
            if answer.status != 200:
                raise _refusal(f"{self._host}/{path}", answer)
            tree: Any = orjson.loads(answer.body)
            found += [str(tag) for tag in tree.get("tags") or ()]
            following = _NEXT.search(answer.headers.get("link", ""))
            url = urljoin(f"{self._root}{url}", following[1]) if following else ""
        return found

    def pull(self, reference: Reference) -> tuple[bytes, bytes | None, str]:
        """Return the archive, the provenance file (None: has none) and the digest of the manifest."""
        data, digest = self.manifest(reference)
        contents: Contents = read_manifest(data)
        archive = self.blob(reference.path, contents.archive)
        provenance = self.blob(reference.path, contents.provenance, MAX_MANIFEST_BYTES) if contents.provenance else None
        return archive, provenance, digest

    def push(self, reference: Reference, metadata: dict[str, Any], archive: bytes, provenance: bytes | None, created: str) -> str:
        """Store a chart under its tag; returns the digest of the manifest."""
        for data in (config_bytes(metadata), archive, *([provenance] if provenance is not None else [])):
            self._put_blob(reference.path, data)
        manifest = manifest_bytes(metadata, archive, provenance, created)
        url = f"/v2/{reference.path}/manifests/{reference.tag}"
        answer = self._send("PUT", url, headers={"Content-Type": MANIFEST}, body=manifest)
        if answer.status not in (200, 201):
            raise _refusal(f"pushing {reference}", answer)
        return digest_of(manifest)

    def _put_blob(self, path: str, data: bytes) -> None:
        digest = digest_of(data)
        if self._send("HEAD", f"/v2/{path}/blobs/{digest}").status == 200:
            return
        begun = self._send("POST", f"/v2/{path}/blobs/uploads/", body=b"")
        place = begun.headers.get("location", "")
        if begun.status != 202 or not place:
            raise _refusal(f"pushing to {self._host}/{path}", begun)
        url = urljoin(self._root, place)
        url += ("&" if urlsplit(url).query else "?") + urlencode({"digest": digest})
        done = self._send("PUT", url, headers={"Content-Type": "application/octet-stream"}, body=data)
        if done.status != 201:
            raise _refusal(f"pushing to {self._host}/{path}", done)


def _refusal(what: str, answer: Answer) -> DownloadFailed:
    fix = "`pilothouse chart registry login HOST` keeps a name and a password" if answer.status in (401, 403) else ""
    try:
        errors = orjson.loads(answer.body)["errors"]
        text = "; ".join(f"{each.get('code')}: {each.get('message')}" for each in errors)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        text = answer.body[:200].decode("utf-8", "replace").strip()
    return DownloadFailed(f"{what}: the registry answered {answer.status}{f' ({text})' if text else ''}", fix=fix)
