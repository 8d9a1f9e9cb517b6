"""Releases in Secrets (or ConfigMaps), as helm keeps them; what does not fit goes on in further ones of our own.

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
from pilothouse.sdk.kinds import SECRET, Kind

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

    def __init__(self, client: Client, namespace: str, clock: Clock, kind: Kind = SECRET) -> None:
        """Keep releases in `namespace`, in objects of `kind`: Secrets, or ConfigMaps as with helm's HELM_DRIVER=configmap."""
        self._client, self.namespace, self._clock, self._kind = client.named("helm"), namespace, clock, kind

    async def history(self, name: str) -> Releases:
        """Return all revisions of a release, oldest first; what cannot be read is passed over with a warning."""
        found = await self._find(f"name={name},owner=helm")
        return sorted(found, key=lambda release: release.version)

    async def list_all(self, labels: str = "") -> Releases:
        """Return every revision of every release."""
        return await self._find(f"owner=helm,{labels}" if labels else "owner=helm")

    async def _find(self, labels: str) -> Releases:
        trees = await self._client.list(self._kind, self.namespace, labels=labels)
        is_plain = self._kind != SECRET
        found = await run_all(self._read(tree) for tree in trees if is_plain or tree.get("type") == SECRET_TYPE)
        return [release for release in found if release is not None]

    async def _read(self, tree: Tree) -> Release | None:
        data = tree.get("data") or {}
        text = self._bytes(data.get("release") or data.get(FOREIGN_KEY) or "")
        try:
            parts = await self._parts(tree)
            release = await offload(decode_release, text, parts)
        except (ReleaseUnreadable, NotFound) as error:
            logger.warning("%s %s/%s is passed over: %s", self._kind.kind, namespace_of(tree), name_of(tree), error)
            return None
        return msgspec.structs.replace(release, labels=labels_of(tree), namespace=release.namespace or namespace_of(tree))

    async def _parts(self, tree: Tree) -> tuple[bytes, ...]:
        count = annotations_of(tree).get(PARTS, "0")
        names = [f"{name_of(tree)}.part{index}" for index in range(1, int(count) + 1 if count.isdigit() else 1)]
        found = await run_all(self._client.get(self._kind, name, namespace_of(tree)) for name in names)
        return tuple(self._bytes((part.get("data") or {}).get("part") or "") for part in found)

    def _bytes(self, value: str) -> bytes:
        return base64.b64decode(value) if self._kind == SECRET else value.encode()

    def _value(self, data: bytes) -> str:
        return base64.b64encode(data).decode() if self._kind == SECRET else data.decode()

    async def create(self, release: Release) -> None:
        """Store a new revision; raises `ApiAlreadyExists` when another writer was first."""
        stored = await offload(encode_release, release)
        await run_all(self._put_part(release, index, part) for index, part in enumerate(stored.parts, 1))
        await self._client.create(self._kind, self._object(release, stored, "createdAt"))

    async def update(self, release: Release) -> None:
        """Store a changed revision."""
        stored = await offload(encode_release, release)
        await run_all(self._put_part(release, index, part) for index, part in enumerate(stored.parts, 1))
        await self._client.replace(self._kind, self._object(release, stored, "modifiedAt"))

    async def delete(self, release: Release) -> None:
        """Forget a revision with its parts."""
        name = secret_name(release.name, release.version)
        await self._gone(name)
        labels = f"name={release.name},version={release.version},owner=pilothouse"
        for part in await self._client.list(self._kind, self.namespace, labels=labels):
            await self._gone(name_of(part))

    async def _gone(self, name: str) -> None:
        try:
            await self._client.delete(self._kind, name, self.namespace)
        except NotFound:
            return

    def _object(self, release: Release, stored: Stored, moment: str) -> Tree:
        labels = {
            **custom_labels(release.labels), moment: str(int(self._clock.now())), "name": release.name, "owner": "helm",
            "status": release.status, "version": str(release.version),
        }  # fmt: skip
        meta: dict[str, Any] = {"labels": labels, "name": secret_name(release.name, release.version)}
        meta["namespace"] = self.namespace
        if stored.parts:
            meta["annotations"] = {PARTS: str(len(stored.parts))}
        key = "release" if stored.is_readable_by_helm else FOREIGN_KEY
        return self._typed(meta, SECRET_TYPE, {key: self._value(stored.text)})

    def _typed(self, meta: Tree, secret_type: str, data: dict[str, str]) -> Tree:
        tree: Tree = {"apiVersion": "v1", "kind": self._kind.kind, "metadata": meta, "data": data}
        return {**tree, "type": secret_type} if self._kind == SECRET else tree

    async def _put_part(self, release: Release, index: int, part: bytes) -> None:
        labels = {"name": release.name, "owner": "pilothouse", "version": str(release.version)}
        name = f"{secret_name(release.name, release.version)}.part{index}"
        meta = {"name": name, "namespace": self.namespace, "labels": labels}
        await self._client.apply(self._kind, self._typed(meta, PART_TYPE, {"part": self._value(part)}))
