"""Keys in a file: made once, replaced, never half written."""

import json
import os
from pathlib import Path

import pytest

from pilothouse.kit.errors import PilothouseError
from pilothouse.store.encryption.config import read_rules
from pilothouse.store.encryption.keyring import Keyring, read_document


def names(document: object) -> list[str]:
    rule = read_rules(document, os.urandom).of("", "secrets")
    assert rule is not None
    return [cipher.prefix.decode().rstrip(":").rpartition(":")[2] for cipher in rule.ciphers]


def test_keys_are_made_once_added_in_front_and_dropped(tmp_path: Path) -> None:
    path = tmp_path / "pki" / "encryption.json"
    ring = Keyring(path, os.urandom)
    first = ring.document()
    assert ring.document() == first
    assert path.stat().st_mode & 0o077 == 0
    assert names(first) == ["key1", ""]
    assert names(ring.add()) == ["key2", "key1", ""]
    ring.drop_old()
    assert names(ring.document()) == ["key2", ""]
    assert names(ring.add()) == ["key3", "key2", ""]
    assert [each.name for each in path.parent.iterdir()] == ["encryption.json"]


@pytest.mark.parametrize("text", ["", "[]", '{"resources": []}', '{"resources":[{"providers":[{"aesgcm":{"keys":[]}}]}]}'])
def test_a_damaged_file_says_what_to_do(tmp_path: Path, text: str) -> None:
    path = tmp_path / "encryption.json"
    path.write_text(text)
    with pytest.raises(PilothouseError, match=r"(?s)encryption keys .*restore"):
        Keyring(path, os.urandom).document()


def test_a_users_file_is_yaml_or_json(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("kind: EncryptionConfiguration\nresources: []\n")
    assert read_document(path) == {"kind": "EncryptionConfiguration", "resources": []}
    path.write_text(json.dumps({"resources": []}))
    assert read_document(path) == {"resources": []}
    for bad in ("a: [", "&a [*a]", "x: " + "[" * 300):
        path.write_text(bad)
        with pytest.raises(PilothouseError, match="is not YAML"):
            read_document(path)
    with pytest.raises(PilothouseError, match="cannot be read"):
        read_document(tmp_path / "none")
