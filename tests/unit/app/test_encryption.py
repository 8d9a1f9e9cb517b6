"""Secrets of a control plane on the disk."""

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import pytest

from pilothouse.app.lifecycle import ControlPlane, Options
from pilothouse.kit.errors import Invalid
from pilothouse.sdk.kinds import SECRET
from pilothouse.store.encryption.ciphers import Undecryptable

VALUE = base64.b64encode(b"correct horse battery").decode()


def on_disk(root: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted((root / "store").rglob("*")) if path.is_file())


async def session(options: Options, *, create: bool = False) -> Any:
    plane = ControlPlane(options)
    await plane.start_api()
    try:
        client = plane.client()
        if create:
            meta = {"name": "db", "namespace": "default"}
            await client.create(SECRET, {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": {"password": VALUE}})
        return (await client.get(SECRET, "db", "default"))["data"]["password"]
    finally:
        await plane.stop()


def test_secrets_are_sealed_from_the_first_start_and_keys_can_be_replaced(tmp_path: Path) -> None:
    assert asyncio.run(session(Options(tmp_path), create=True)) == VALUE
    assert VALUE.encode() not in on_disk(tmp_path)
    keys = tmp_path / "pki" / "encryption.json"
    old = keys.read_text()
    assert asyncio.run(session(Options(tmp_path, rotate_encryption_key=True))) == VALUE
    assert b"k8s:enc:aesgcm:v1:key2:" in on_disk(tmp_path)
    assert b"v1:key1:" not in on_disk(tmp_path)
    assert asyncio.run(session(Options(tmp_path))) == VALUE
    keys.write_text(old)
    with pytest.raises(Undecryptable, match="key2"):
        asyncio.run(session(Options(tmp_path)))


def test_the_users_configuration_takes_the_place_of_own_keys(tmp_path: Path) -> None:
    assert asyncio.run(session(Options(tmp_path), create=True)) == VALUE
    config = json.loads((tmp_path / "pki" / "encryption.json").read_text())
    providers = config["resources"][0]["providers"]
    config["resources"][0]["providers"] = [{"identity": {}}, providers[0]]
    given = tmp_path / "given.json"
    given.write_text(json.dumps(config))
    assert asyncio.run(session(Options(tmp_path, encryption_config=given))) == VALUE
    assert VALUE.encode() in on_disk(tmp_path), "identity came first: encryption was switched off"
    with pytest.raises(Invalid, match="put a new key before the others"):
        asyncio.run(session(Options(tmp_path, encryption_config=given, rotate_encryption_key=True)))
