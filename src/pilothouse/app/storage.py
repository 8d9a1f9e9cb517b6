"""Where one control plane keeps its objects: on its disk, in memory, or in an etcd that other servers may use too."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pilothouse.app.encryption import encrypted
from pilothouse.kit.clock import Clock, Entropy
from pilothouse.kit.errors import Invalid
from pilothouse.kit.faults import Faults
from pilothouse.store.log import LogStore
from pilothouse.store.memory import MemoryStore
from pilothouse.store.revisions import Store

if TYPE_CHECKING:
    from pilothouse.app.lifecycle import Options

ETCD = "etcd://"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags to a command; those of etcd are named as kube-apiserver's."""
    group = parser.add_argument_group("storage")
    help_text = "log: on disk (default); memory; etcd://HOST:PORT[,HOST:PORT...]"
    group.add_argument("--store", type=_store, default="log", metavar="STORE", help=help_text)
    group.add_argument("--etcd-cafile", metavar="FILE", help="speak TLS with etcd and verify it with this authority")
    group.add_argument("--etcd-certfile", metavar="FILE", help="certificate to show etcd")
    group.add_argument("--etcd-keyfile", metavar="FILE", help="key of that certificate")
    group.add_argument("--encryption-provider-config", metavar="FILE", help="EncryptionConfiguration (default: own keys)")
    group.add_argument("--rotate-encryption-key", action="store_true", help="encrypt Secrets with a new key, forget the old one")


def _store(text: str) -> str:
    if text in ("log", "memory") or (text.startswith(ETCD) and len(text) > len(ETCD)):
        return text
    raise argparse.ArgumentTypeError(f"{text} is no store: it must be log, memory or etcd://HOST:PORT[,HOST:PORT...]")


async def open_store(options: Options, clock: Clock, entropy: Entropy, faults: Faults) -> Store:
    """Open the store the options name, with what is to be sealed sealed; raises what says why it cannot be used."""
    if options.store == "memory":
        return MemoryStore(clock, faults)
    store = await _open_etcd(options, clock, entropy) if options.store.startswith(ETCD) else None
    if store is not None and options.encryption_config is None:
        if options.rotate_encryption_key:
            raise Invalid("--rotate-encryption-key is for a store on disk", fix="use --encryption-provider-config with etcd")
        return store  # keys of this data directory would lock out the other servers
    opened = store or await LogStore.open(options.data_dir / "store", clock=clock, faults=faults)
    try:
        keys = options.data_dir / "pki" / "encryption.json"
        return await encrypted(opened, keys, options.encryption_config, options.rotate_encryption_key, entropy)
    except BaseException:
        await opened.close()
        raise


async def _open_etcd(options: Options, clock: Clock, entropy: Entropy) -> Store:
    from pilothouse.store.etcd.engine import EtcdStore
    from pilothouse.wire.grpc import Credentials, GrpcChannel

    files = Credentials(_path(options.etcd_cafile), _path(options.etcd_certfile), _path(options.etcd_keyfile))
    channel = GrpcChannel(options.store.removeprefix(ETCD), files)
    try:
        return await EtcdStore.open(channel, clock, entropy)
    except BaseException:
        await channel.close()
        raise


def _path(text: str) -> Path | None:
    return Path(text).absolute() if text else None
