"""Decides how the store of one control plane is sealed: with the user's configuration, or with keys of its own."""

from __future__ import annotations

import logging
from pathlib import Path

from pilothouse.kit.clock import Entropy
from pilothouse.kit.errors import Invalid
from pilothouse.store.encryption.config import read_rules
from pilothouse.store.encryption.engine import EncryptedStore
from pilothouse.store.encryption.keyring import Keyring, read_document
from pilothouse.store.revisions import Store

logger = logging.getLogger("pilothouse.app")


async def encrypted(store: Store, keys: Path, given: Path | None, should_rotate: bool, entropy: Entropy) -> Store:
    """Return `store` with Secrets sealed, after writing again what an older key sealed.

    `given` is the user's EncryptionConfiguration; without it the keys are in `keys`, made at the first start. Raises
    `BadEncryptionConfig`, or `Undecryptable` when a key is missing.
    """
    ring = Keyring(keys, entropy.token_bytes)
    if given is not None:
        if should_rotate:
            fix = f"put a new key before the others in {given}, start once, then take the old one out"
            raise Invalid("--rotate-encryption-key makes keys only where Pilothouse keeps them", fix=fix)
        document = read_document(given)
    else:
        document = ring.add() if should_rotate else ring.document()
    sealed = EncryptedStore(store, read_rules(document, entropy.token_bytes))
    count = await sealed.rewrite()
    if count:
        logger.info("%d stored objects were written again with the first key of their rule", count)
    if should_rotate:
        ring.drop_old()
    return sealed
