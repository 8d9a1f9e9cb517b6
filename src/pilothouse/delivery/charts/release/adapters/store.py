"""Releases in Secrets, as helm keeps them; what does not fit goes on in further Secrets of our own.

Called by the actions. Nothing is cached: every operation begins with what is stored now.
"""

from __future__ import annotations

import base64
import logging
from typing import Any

import msgspec

from pilothouse.api.meta import Tree, annotations_of, labels_of, name_of, namespace_of
from pilothouse.delivery.charts.release.engine.history import custom_labels
from pilothouse.delivery.charts.release.engine.record import Stored, decode_release, encode_release
from pilothouse.delivery.charts.release.errors import ReleaseUnreadable
from pilothouse.delivery.charts.release.types import Release
from pilothouse.kit.aio import offload, run_all
from pilothouse.kit.clock import Clock
from pilothouse.kit.errors import NotFound
from pilothouse.sdk.client import Client
from pilothouse.sdk.kinds import SECRET

logger = logging.getLogger("pilothouse.delivery.charts.release")
SECRET_TYPE, PART_TYPE = "helm.sh/release.v1", "pilothouse.dev/release-part.v1"
PARTS = "pilothouse.dev/release-parts"
FOREIGN_KEY = "pilothouse-release"
"""Where the head of a record is that helm cannot read: helm passes over Secrets without the key `release`."""
Releases = list[Release]


def secret_name(name: str, version: int) -> str:
    """Return the name of the Secret of a revision."""
    return f"sh.helm.release.v1.{name}.v{version}"


class ReleaseStore:
    """The releases of one namespace (or of all, for `list_all` with an empty one)."""

    def __init__(self, client: Client, namespace: str, clock: Clock) -> None:
        """Keep releases in `namespace`."""
        self._client, self.namespace, self._clock = client.named("helm"), namespace, clock

    async def history(self, name: str) -> Releases:
        """Return all revisions of a release, oldest first; what cannot be read is passed over with a warning."""
        found = await self._find(f"name={name},owner=helm")
        return sorted(found, key=lambda release: release.version)

    async def list_all(self, labels: str = "") -> Releases:
        """Return every revision of every release."""
        return await self._find(f"owner=helm,{labels}" if labels else "owner=helm")

    async def _find(self, labels: str) -> Releases:
        trees = await self._client.list(SECRET, self.namespace, labels=labels)
        found = await run_all(self._read(tree) for tree in trees if tree.get("type") == SECRET_TYPE)
        return [release for release in found if release is not None]

    async def _read(self, tree: Tree) -> Release | None:
        data = tree.get("data") or {}
        text = base64.b64decode(data.get("release") or data.get(FOREIGN_KEY) or "")
        try:
            parts = await self._parts(tree)
            release = await offload(decode_release, text, parts)
        except (ReleaseUnreadable, NotFound) as error:
            logger.warning("Secret %s/%s is passed over: %s", namespace_of(tree), name_of(tree), error)
            return None
        return msgspec.structs.replace(release, labels=labels_of(tree), namespace=release.namespace or namespace_of(tree))

    async def _parts(self, tree: Tree) -> tuple[bytes, ...]:
        count = annotations_of(tree).get(PARTS, "0")
        names = [f"{name_of(tree)}.part{index}" for index in range(1, int(count) + 1 if count.isdigit() else 1)]
        secrets = await run_all(self._client.get(SECRET, name, namespace_of(tree)) for name in names)
        return tuple(base64.b64decode((secret.get("data") or {}).get("part") or "") for secret in secrets)

    async def create(self, release: Release) -> None:
        """Store a new revision; raises `ApiAlreadyExists` when another writer was first."""
        stored = await offload(encode_release, release)
        await run_all(self._put_part(release, index, part) for index, part in enumerate(stored.parts, 1))
        await self._client.create(SECRET, self._secret(release, stored, "createdAt"))

    async def update(self, release: Release) -> None:
        """Store a changed revision."""
        stored = await offload(encode_release, release)
        await run_all(self._put_part(release, index, part) for index, part in enumerate(stored.parts, 1))
        await self._client.replace(SECRET, self._secret(release, stored, "modifiedAt"))

    async def delete(self, release: Release) -> None:
        """Forget a revision with its parts."""
        name = secret_name(release.name, release.version)
        await self._gone(name)
        labels = f"name={release.name},version={release.version},owner=pilothouse"
        for part in await self._client.list(SECRET, self.namespace, labels=labels):
            await self._gone(name_of(part))

    async def _gone(self, name: str) -> None:
        try:
            await self._client.delete(SECRET, name, self.namespace)
        except NotFound:
            return

    def _secret(self, release: Release, stored: Stored, moment: str) -> Tree:
        labels = {
            **custom_labels(release.labels), moment: str(int(self._clock.now())), "name": release.name, "owner": "helm",
            "status": release.status, "version": str(release.version),
        }  # fmt: skip
        meta: dict[str, Any] = {"labels": labels, "name": secret_name(release.name, release.version)}
        meta["namespace"] = self.namespace
        if stored.parts:
            meta["annotations"] = {PARTS: str(len(stored.parts))}
        key = "release" if stored.is_readable_by_helm else FOREIGN_KEY
        data = {key: base64.b64encode(stored.text).decode()}
        return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": SECRET_TYPE, "data": data}

    async def _put_part(self, release: Release, index: int, part: bytes) -> None:
        labels = {"name": release.name, "owner": "pilothouse", "version": str(release.version)}
        name = f"{secret_name(release.name, release.version)}.part{index}"
        await self._client.apply(
            SECRET,
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": name, "namespace": self.namespace, "labels": labels},
                "type": PART_TYPE,
                "data": {"part": base64.b64encode(part).decode()},
            },
        )
