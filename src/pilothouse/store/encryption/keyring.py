"""The keys Pilothouse makes for itself: an EncryptionConfiguration in a file only its owner reads.

`app` uses it when the user gives no configuration. A key is on the disk before anything is sealed with it; losing the file means
losing the Secrets, so it belongs into every backup of the data directory.
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

from pilothouse.kit.errors import Invalid
from pilothouse.store.encryption.ciphers import RandomBytes
from pilothouse.store.encryption.config import API_VERSION, KIND, BadEncryptionConfig

RESOURCES = ("secrets",)
_KEY_BYTES = 32


class Keyring:
    """One file with the keys of the `aesgcm` provider, newest first."""

    def __init__(self, path: Path, random: RandomBytes) -> None:
        """Keep keys in `path`; nothing is read yet."""
        self.path, self._random = path, random

    def document(self) -> dict[str, Any]:
        """Return the configuration, with a first key made when there is none; raises `BadEncryptionConfig`."""
        if not self.path.exists():
            self._write([self._new("key1")])
        return self._read()

    def add(self) -> dict[str, Any]:
        """Put a new key before the others; what is stored opens with the old ones until `drop_old`."""
        keys = _keys(self.document(), self.path)
        number = 1 + max((int(key["name"][3:]) for key in keys if key["name"][3:].isdigit()), default=0)
        self._write([self._new(f"key{number}"), *keys])
        return self._read()

    def drop_old(self) -> None:
        """Keep only the newest key: call it when everything was written again."""
        self._write(_keys(self._read(), self.path)[:1])

    def _new(self, name: str) -> dict[str, str]:
        return {"name": name, "secret": base64.b64encode(self._random(_KEY_BYTES)).decode()}

    def _read(self) -> dict[str, Any]:
        try:
            document = json.loads(self.path.read_text())
        except (OSError, ValueError) as error:
            fix = "restore the file from a backup: without its keys the Secrets of this data directory cannot be read"
            raise BadEncryptionConfig(f"encryption keys {self.path} cannot be read: {error}", fix=fix) from None
        _keys(document, self.path)
        return dict(document)

    def _write(self, keys: list[dict[str, str]]) -> None:
        providers = [{"aesgcm": {"keys": keys}}, {"identity": {}}]
        document = {"apiVersion": API_VERSION, "kind": KIND, "resources": [{"resources": RESOURCES, "providers": providers}]}
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = self.path.with_name(f".{self.path.name}.tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(json.dumps(document, indent=2) + "\n")
            file.flush()
            os.fsync(descriptor)
        temporary.rename(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def read_document(path: Path) -> object:
    """Return the tree of a configuration file the user wrote, YAML or JSON; raises `BadEncryptionConfig`."""
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise BadEncryptionConfig(f"encryption configuration {path} cannot be read: {error}") from None
    try:
        return json.loads(text)
    except ValueError:
        from pilothouse.api.yamltext import LOADER, UnsafeYaml, check_yaml  # YAML costs a start nothing when there is none

    import yaml

    try:
        check_yaml(text)
        return yaml.load(text, Loader=LOADER)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, UnsafeYaml) as error:
        raise BadEncryptionConfig(f"encryption configuration {path} is not YAML: {error}") from None


def _keys(document: object, path: Path) -> list[dict[str, str]]:
    try:
        keys: list[dict[str, str]] = document["resources"][0]["providers"][0]["aesgcm"]["keys"]  # type: ignore[index]
        if all(isinstance(key["name"], str) for key in keys) and keys:
            return keys
    except (LookupError, TypeError):
        pass
    fix = "it is written by Pilothouse: restore it; your own configuration goes to --encryption-provider-config"
    raise Invalid(f"encryption keys {path} are not as they were written", fix=fix)
