"""How one value is sealed: the formats of Kubernetes, one class for each provider.

The path of the key is bound to the value by AES-GCM: a value copied to another key does not open.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pilothouse.kit.errors import PilothouseError

ENCRYPTED = b"k8s:enc:"
"""What every sealed value begins with."""
_BLOCK = 16
_NONCE = 12
RandomBytes = Callable[[int], bytes]


class Undecryptable(PilothouseError):
    """A stored value cannot be opened: its key is missing, or it was changed."""

    reason = "Undecryptable"
    http_code = 500
    grpc_code = 15


class Cipher(Protocol):
    """Seals and opens values of one key."""

    @property
    def prefix(self) -> bytes:
        """What the values it sealed begin with."""
        ...

    def seal(self, plain: bytes, path: str) -> bytes:
        """Return what is stored for `plain` at the store key `path`."""
        ...

    def open(self, stored: bytes, path: str) -> bytes:
        """Return the plain bytes of a value with this prefix; raises `Undecryptable`."""
        ...


class Identity:
    """Plain bytes."""

    prefix = b""

    def seal(self, plain: bytes, path: str) -> bytes:
        """Return `plain`."""
        return plain

    def open(self, stored: bytes, path: str) -> bytes:
        """Return `stored`."""
        return stored


class AesGcm:
    """AES in Galois/counter mode: `prefix`, 12 random bytes, ciphertext with its tag."""

    def __init__(self, name: str, key: bytes, random: RandomBytes) -> None:
        """Seal with `key` of 16, 24 or 32 bytes."""
        self.prefix = b"%saesgcm:v1:%s:" % (ENCRYPTED, name.encode())
        self._cipher, self._random = AESGCM(key), random

    def seal(self, plain: bytes, path: str) -> bytes:
        """Encrypt, bound to `path`."""
        nonce = self._random(_NONCE)
        return self.prefix + nonce + self._cipher.encrypt(nonce, plain, path.encode())

    def open(self, stored: bytes, path: str) -> bytes:
        """Decrypt; raises `Undecryptable` when anything was changed."""
        start = len(self.prefix)
        nonce, sealed = stored[start : start + _NONCE], stored[start + _NONCE :]
        try:
            return self._cipher.decrypt(nonce, sealed, path.encode())
        except (InvalidTag, ValueError):
            raise _damaged(path, self.prefix) from None


class AesCbc:
    """AES in cipher block chaining with PKCS #7 padding: `prefix`, 16 random bytes, ciphertext. It notices no change."""

    def __init__(self, name: str, key: bytes, random: RandomBytes) -> None:
        """Seal with `key` of 16, 24 or 32 bytes."""
        self.prefix = b"%saescbc:v1:%s:" % (ENCRYPTED, name.encode())
        self._algorithm, self._random = algorithms.AES(key), random

    def seal(self, plain: bytes, path: str) -> bytes:
        """Encrypt."""
        vector = self._random(_BLOCK)
        padder = padding.PKCS7(_BLOCK * 8).padder()
        sealer = BlockCipher(self._algorithm, modes.CBC(vector)).encryptor()
        return self.prefix + vector + sealer.update(padder.update(plain) + padder.finalize()) + sealer.finalize()

    def open(self, stored: bytes, path: str) -> bytes:
        """Decrypt; raises `Undecryptable` when the length or the padding is wrong."""
        start = len(self.prefix)
        vector, sealed = stored[start : start + _BLOCK], stored[start + _BLOCK :]
        try:
            opener = BlockCipher(self._algorithm, modes.CBC(vector)).decryptor()
            unpadder = padding.PKCS7(_BLOCK * 8).unpadder()
            return unpadder.update(opener.update(sealed) + opener.finalize()) + unpadder.finalize()
        except ValueError:
            raise _damaged(path, self.prefix) from None


class Rule:
    """The ciphers of some resources: the first one writes, each one reads what it wrote."""

    def __init__(self, ciphers: tuple[Cipher, ...]) -> None:
        """Hold at least one cipher."""
        self.ciphers = ciphers

    def seal(self, plain: bytes, path: str) -> bytes:
        """Return what is stored for `plain`."""
        return self.ciphers[0].seal(plain, path)

    def open(self, stored: bytes, path: str) -> bytes:
        """Return the plain bytes; raises `Undecryptable`."""
        is_sealed = stored.startswith(ENCRYPTED)
        for cipher in self.ciphers:
            if bool(cipher.prefix) is is_sealed and stored.startswith(cipher.prefix):
                return cipher.open(stored, path)
        raise _no_key(path, stored)

    def is_stale(self, stored: bytes) -> bool:
        """Tell whether a value was not written by the first cipher."""
        prefix = self.ciphers[0].prefix
        return not stored.startswith(prefix) if prefix else stored.startswith(ENCRYPTED)


def _no_key(path: str, stored: bytes) -> Undecryptable:
    if not stored.startswith(ENCRYPTED):
        fix = "add `identity: {}` as the last provider until everything is encrypted"
        return Undecryptable(f"{path} is stored in plain text, which the encryption configuration does not allow", fix=fix)
    label = b":".join(stored.split(b":", 5)[:5]).decode(errors="replace")[:120]
    fix = "put that key back behind the first one; it can go when everything was written again"
    return Undecryptable(f"{path} is encrypted as {label}, a key that the encryption configuration does not have", fix=fix)


def _damaged(path: str, prefix: bytes) -> Undecryptable:
    label = prefix.decode().rstrip(":")
    fix = "check that the key is the one it was written with; otherwise restore the value from a backup"
    return Undecryptable(f"{path} cannot be decrypted with {label}: wrong key, or changed on the disk", fix=fix)
