"""Reads an EncryptionConfiguration: which resources are sealed with which keys.

Source: Kubernetes, "Encrypting Confidential Data at Rest" (apiserver.config.k8s.io/v1). Providers `aesgcm`, `aescbc` and
`identity`; the others are refused by name.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec

from pilothouse.kit.errors import Invalid
from pilothouse.store.encryption.ciphers import AesCbc, AesGcm, Cipher, Identity, RandomBytes, Rule

API_VERSION, KIND = "apiserver.config.k8s.io/v1", "EncryptionConfiguration"
_UNSUPPORTED = ("secretbox", "kms")
_CIPHERS: dict[str, type[AesGcm | AesCbc]] = {"aesgcm": AesGcm, "aescbc": AesCbc}
_SIZES = (16, 24, 32)


class BadEncryptionConfig(Invalid):
    """An EncryptionConfiguration that cannot be used."""

    reason = "BadEncryptionConfiguration"


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A named key; `secret` is base64 of 16, 24 or 32 bytes."""

    name: str
    secret: str


class Keys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keys of a provider, newest first."""

    keys: tuple[Key, ...]


class ResourceConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Providers of some resources."""

    resources: tuple[str, ...]
    providers: tuple[dict[str, Any], ...]


class EncryptionConfiguration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The document."""

    resources: tuple[ResourceConfig, ...]
    apiVersion: str = API_VERSION
    kind: str = KIND


class Rules:
    """Rules by resource; of several that match the first one counts."""

    def __init__(self, rules: list[tuple[str, Rule]]) -> None:
        """Hold (resource as the configuration writes it, rule) in order."""
        self._rules = rules

    def of(self, group: str, resource: str) -> Rule | None:
        """Return the rule of a resource (`group` is empty for the core group), None when it is stored as it is."""
        names = {f"{resource}.{group}" if group else resource, f"*.{group}", "*.*"}
        return next((rule for name, rule in self._rules if name in names), None)


def read_rules(document: object, random: RandomBytes) -> Rules:
    """Build the rules of an EncryptionConfiguration; raises `BadEncryptionConfig` that names the field."""
    try:
        config = msgspec.convert(document, EncryptionConfiguration)
    except msgspec.ValidationError as error:
        raise BadEncryptionConfig(f"encryption configuration: {error}") from None
    if config.kind != KIND or config.apiVersion != API_VERSION:
        raise BadEncryptionConfig(f"encryption configuration: expected {KIND} of {API_VERSION}, got {config.kind}")
    rules = []
    for index, group in enumerate(config.resources):
        where = f"resources[{index}]"
        if not group.resources or not group.providers:
            raise BadEncryptionConfig(f"encryption configuration: {where} needs at least one resource and one provider")
        ciphers = tuple(
            cipher for n, each in enumerate(group.providers) for cipher in _ciphers(each, f"{where}.providers[{n}]", random)
        )
        rule = Rule(ciphers)
        rules += [(_resource(name, where), rule) for name in group.resources]
    return Rules(rules)


def _resource(name: str, where: str) -> str:
    if not name or name == "*" or ("*" in name and not name.startswith("*.")):
        fix = "write `secrets`, `deployments.apps`, `*.apps`, `*.` (all of the core group) or `*.*`"
        raise BadEncryptionConfig(f"encryption configuration: {where}.resources has {name!r}, which names no resource", fix=fix)
    return name


def _ciphers(provider: dict[str, Any], where: str, random: RandomBytes) -> list[Cipher]:
    if len(provider) != 1:
        raise BadEncryptionConfig(f"encryption configuration: {where} must hold exactly one provider, it has {sorted(provider)}")
    name, settings = next(iter(provider.items()))
    if name == "identity":
        return [Identity()]
    if name not in _CIPHERS:
        what = "is not supported" if name in _UNSUPPORTED else "is no provider"
        raise BadEncryptionConfig(f"encryption configuration: {where}.{name} {what}", fix="use aesgcm, aescbc or identity")
    try:
        keys = msgspec.convert(settings, Keys).keys
    except msgspec.ValidationError as error:
        raise BadEncryptionConfig(f"encryption configuration: {where}.{name}: {error}") from None
    if not keys or len({key.name for key in keys}) != len(keys):
        raise BadEncryptionConfig(f"encryption configuration: {where}.{name}.keys must hold keys of different names")
    return [_CIPHERS[name](key.name, _secret(key, f"{where}.{name}.keys[{n}]"), random) for n, key in enumerate(keys)]


def _secret(key: Key, where: str) -> bytes:
    if not key.name or ":" in key.name:
        raise BadEncryptionConfig(f"encryption configuration: {where}.name must not be empty or contain a colon")
    try:
        secret = base64.b64decode(key.secret, validate=True)
    except (binascii.Error, ValueError):
        raise BadEncryptionConfig(f"encryption configuration: {where}.secret is not base64") from None
    if len(secret) not in _SIZES:
        fix = "head -c 32 /dev/urandom | base64 makes one"
        raise BadEncryptionConfig(f"encryption configuration: {where}.secret has {len(secret)} bytes, not 16, 24 or 32", fix=fix)
    return secret
