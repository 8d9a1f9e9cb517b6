"""Find the chart a verb names: a folder, an archive, a chart of a repository, or one of a registry."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pilothouse.delivery.charts import load_chart
from pilothouse.delivery.charts.errors import ChartInvalid
from pilothouse.delivery.charts.types import Chart

if TYPE_CHECKING:
    from pilothouse.delivery.charts.repository.types import Credentials


def default_keyring() -> Path:
    """Return the keyring helm verifies with when none is named."""
    return Path.home() / ".gnupg" / "pubring.gpg"


def credentials_of(args: argparse.Namespace) -> Credentials:
    """Return the credentials the flags give."""
    from pilothouse.delivery.charts.repository.types import Credentials

    return Credentials(
        username=getattr(args, "username", ""), password=getattr(args, "password", ""), ca_file=getattr(args, "ca_file", ""),
        cert_file=getattr(args, "cert_file", ""), key_file=getattr(args, "key_file", ""),
        is_insecure=getattr(args, "insecure_skip_tls_verify", False), is_plain=getattr(args, "plain_http", False),
        goes_everywhere=getattr(args, "pass_credentials", False),
    )  # fmt: skip


def wanted_version(args: argparse.Namespace) -> str:
    """Return the version constraint the flags give."""
    version: str = getattr(args, "version", "")
    return version or (">0.0.0-0" if getattr(args, "devel", False) else "")


def located_chart(args: argparse.Namespace, source: str) -> Chart:
    """Return the chart; raises ChartInvalid with helm's words when it is not there."""
    if getattr(args, "repo", "") == "" and Path(source).exists():
        if getattr(args, "verify", False):
            _verify_file(Path(source), args)
        if getattr(args, "dependency_update", False) and Path(source).is_dir():
            bring_missing(Path(source), args)
        return load_chart(source)
    if source[:1] in ("/", "."):
        raise ChartInvalid(f'path "{source}" not found')
    return load_chart(download(args, source))


def download(args: argparse.Namespace, source: str) -> bytes:
    """Return the archive of a chart that is somewhere else, verified when the flags say so."""
    from pilothouse.delivery.charts.repository.locate import Wanted, find_chart, verify_archive

    is_verified = getattr(args, "verify", False)
    found = find_chart(Wanted(source, wanted_version(args), getattr(args, "repo", ""), credentials_of(args), is_verified))
    if is_verified:
        assert found.provenance is not None
        verify_archive(found.archive, found.file_name, found.provenance, Path(args.keyring or default_keyring()))
    if found.place:
        sys.stderr.write(f"Pulled: {found.place}\nDigest: {found.digest}\n")
    return found.archive


def _verify_file(path: Path, args: argparse.Namespace) -> None:
    from pilothouse.delivery.charts.repository.errors import SignatureInvalid
    from pilothouse.delivery.charts.repository.locate import verify_archive

    signature = path.with_name(f"{path.name}.prov")
    if path.is_dir() or not signature.is_file():
        raise SignatureInvalid(
            f"could not load provenance file {signature}", fix="only archives with their .prov file can be verified"
        )
    verify_archive(path.read_bytes(), path.name, signature.read_bytes(), Path(args.keyring or default_keyring()))


def bring_missing(folder: Path, args: argparse.Namespace) -> None:
    """Bring the dependencies a chart's folder lacks."""
    from pilothouse.delivery.charts.engine.chart.loading import missing_dependencies
    from pilothouse.delivery.charts.repository.dependencies import Bringer
    from pilothouse.kit.clock import SystemClock

    if missing_dependencies(load_chart(folder)):
        Bringer(folder, SystemClock(), sys.stderr.write, credentials_of(args)).update()
