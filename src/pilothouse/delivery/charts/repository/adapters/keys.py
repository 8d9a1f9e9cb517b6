"""OpenPGP keys: sign provenance files and check their signatures, with Sequoia (the extra `provenance`).

Keyrings are files as helm takes them: several keys one after the other, binary or armoured. GnuPG 2 keeps its keys otherwise;
`gpg --export` and `gpg --export-secret-keys` write such files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pilothouse.delivery.charts.repository.errors import SignatureInvalid
from pilothouse.kit.errors import NotSupported

MAX_KEYRING_BYTES = 64 << 20
_BEGIN = b"-----BEGIN PGP SIGNED MESSAGE-----"


def _sequoia() -> Any:
    try:
        import pysequoia
    except ImportError:
        raise NotSupported(
            "signing and verifying charts needs the package pysequoia", fix="pip install 'pilothouse[provenance]'"
        ) from None
    return pysequoia


def _ring(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_KEYRING_BYTES:
            raise SignatureInvalid(f"keyring {path} is larger than {MAX_KEYRING_BYTES} bytes")
        return path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        fix = f"gpg --export > {path} (with secret keys: gpg --export-secret-keys)"
        raise SignatureInvalid(f"open {path}: {reason}", fix=fix) from None


def _problem(error: BaseException) -> str:
    """Return the first line of what Sequoia says; it adds a backtrace."""
    return str(error).strip().partition("\n")[0]


def _names(cert: Any) -> list[str]:
    return [str(user) for user in cert.user_ids]


def _secret_keys(path: Path) -> list[Any]:
    """Return the secret keys of a ring: each begins with its own packet."""
    sequoia = _sequoia()
    from pysequoia.packet import PacketPile, Tag

    groups: list[list[Any]] = []
    try:
        for packet in PacketPile.from_bytes(_ring(path)):
            if packet.tag in (Tag.SecretKey, Tag.PublicKey):
                groups.append([])
            if groups:
                groups[-1].append(packet)
        return [sequoia.Tsk.from_packets(group) for group in groups if group[0].tag == Tag.SecretKey]
    except (RuntimeError, ValueError, OSError) as error:
        raise SignatureInvalid(f"keyring {path} cannot be read: {_problem(error)}") from None


def _secret_key(path: Path, wanted: str) -> Any:
    keys = [(key, _names(key.extract_certificate())) for key in _secret_keys(path)]
    found = [key for key, names in keys if any(wanted in name for name in names)]
    exact = [key for key, names in keys if wanted in names]
    if not found:
        raise SignatureInvalid(
            "private key not found", fix="name a key of the ring with --key, and a ring of secret keys with --keyring"
        )
    if len(found) > 1 and len(exact) != 1:
        raise SignatureInvalid(f'more than one key contain the id "{wanted}"')
    return (exact or found)[0]


def clear_sign(text: bytes, keyring: Path, key: str, passphrase: str) -> bytes:
    """Return the text signed by the key whose name holds `key`; raises SignatureInvalid."""
    sequoia = _sequoia()
    secret = _secret_key(keyring, key)
    try:
        signer = secret.signer(passphrase) if passphrase else secret.signer()
        signed: bytes = sequoia.sign(signer, text, mode=sequoia.SignatureMode.CLEAR)
    except (RuntimeError, ValueError, OSError) as error:
        fix = "--passphrase-file FILE opens a locked key"
        raise SignatureInvalid(f"the chart cannot be signed: {_problem(error)}", fix=fix) from None
    return signed


def check_signature(message: bytes, keyring: Path) -> tuple[bytes, tuple[str, ...], str]:
    """Return the signed text, the names of its signer and the key's fingerprint; raises SignatureInvalid."""
    if _BEGIN not in message:
        raise SignatureInvalid("signature block not found")
    sequoia = _sequoia()
    try:
        certs = list(sequoia.Cert.split_bytes(_ring(keyring)))
        found = sequoia.verify(message[message.index(_BEGIN) :], lambda ids: certs)
    except (RuntimeError, ValueError, OSError) as error:
        raise SignatureInvalid(f"openpgp: {_problem(error) or 'signature made by unknown entity'}") from None
    signature = found.valid_sigs[0]
    signer = next(cert for cert in certs if str(cert.fingerprint).lower() == str(signature.certificate).lower())
    return bytes(found.bytes), tuple(_names(signer)), str(signature.signing_key).upper()
