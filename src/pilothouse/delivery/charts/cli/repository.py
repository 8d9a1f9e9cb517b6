"""The verbs on repositories and registries: repo, search, pull, push, registry, verify."""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pilothouse.delivery.charts import load_chart
from pilothouse.delivery.charts.cli.release.session import fail, write
from pilothouse.delivery.charts.cli.release.shown import structured, table
from pilothouse.delivery.charts.cli.source import credentials_of, default_keyring, wanted_version
from pilothouse.delivery.charts.errors import ChartInvalid
from pilothouse.delivery.charts.repository.adapters import settings
from pilothouse.delivery.charts.repository.engine.index import entry_for, index_text, search
from pilothouse.delivery.charts.repository.engine.references import is_registry, read_reference, tag_of
from pilothouse.delivery.charts.repository.errors import ChartNotFound, DownloadFailed, RepositoryInvalid, SignatureInvalid
from pilothouse.delivery.charts.repository.locate import Wanted, fetch_index, find_chart, registry_of, verify_archive
from pilothouse.delivery.charts.repository.types import Repository, Signed
from pilothouse.kit.clock import SystemClock, rfc3339, rfc3339_micro
from pilothouse.kit.errors import PilothouseError

_COLUMN = 50
Verb = Callable[[argparse.Namespace], int]


def _guarded(verb: Verb) -> Verb:
    def run(args: argparse.Namespace) -> int:
        try:
            return verb(args)
        except PilothouseError as error:
            return fail(error)
        except OSError as error:
            return fail(RepositoryInvalid(f"{error.filename}: {(error.strerror or 'cannot be used').lower()}"))

    return run


@_guarded
def add(args: argparse.Namespace) -> int:
    """Run `repo add`."""
    if "/" in args.name:
        raise RepositoryInvalid(f"repository name ({args.name}) contains '/', please specify a different name without '/'")
    if args.password_stdin:
        args.password = sys.stdin.readline().rstrip("\r\n")
    new = Repository(args.name, args.url, credentials_of(args))
    known = settings.repositories()
    old = next((each for each in known if each.name == args.name), None)
    if old == new and not args.force_update:
        write(f'"{args.name}" already exists with the same configuration, skipping\n')
        return 0
    if old is not None and not args.force_update:
        raise RepositoryInvalid(
            f"repository name ({args.name}) already exists, please specify a different name", fix="--force-update changes it"
        )
    try:
        fetch_index(new)
    except PilothouseError as error:
        raise DownloadFailed(
            f'looks like "{args.url}" is not a valid chart repository or cannot be reached: {error.message}'
        ) from None
    settings.save_repositories([*(each for each in known if each.name != args.name), new])
    write(f'"{args.name}" has been added to your repositories\n')
    return 0


@_guarded
def list_repositories(args: argparse.Namespace) -> int:
    """Run `repo list`."""
    known = [{"name": each.name, "url": each.url} for each in settings.repositories()]
    if args.output != "table":
        write(structured(known, args.output))
    elif not known:
        raise ChartNotFound("no repositories to show", fix="`pilothouse chart repo add NAME URL` adds one")
    else:
        write(table([["NAME", "URL"], *([each["name"], each["url"]] for each in known)]))
    return 0


@_guarded
def update(args: argparse.Namespace) -> int:
    """Run `repo update`."""
    known = settings.repositories()
    if not known:
        raise ChartNotFound("no repositories found. You must add one before updating", fix="`pilothouse chart repo add NAME URL`")
    for name in args.names:
        if name not in {each.name for each in known}:
            raise ChartNotFound(f"no repositories found matching '{name}'.  Nothing will be updated")
    write("Hang tight while we grab the latest from your chart repositories...\n")
    failed: list[str] = []
    for each in known:
        if args.names and each.name not in args.names:
            continue
        try:
            fetch_index(each)
        except PilothouseError as error:
            write(f'...Unable to get an update from the "{each.name}" chart repository ({each.url}):\n\t{error.message}\n')
            failed.append(each.url)
        else:
            write(f'...Successfully got an update from the "{each.name}" chart repository\n')
    if failed:
        raise DownloadFailed(f"failed to update the following repositories: [{' '.join(failed)}]")
    write("Update Complete. ⎈Happy Helming!⎈\n")
    return 0


@_guarded
def remove(args: argparse.Namespace) -> int:
    """Run `repo remove`."""
    known = settings.repositories()
    for name in args.names:
        if name not in {each.name for each in known}:
            raise ChartNotFound(f'no repo named "{name}" found')
        known = [each for each in known if each.name != name]
        settings.save_repositories(known)
        settings.forget_index(name)
        write(f'"{name}" has been removed from your repositories\n')
    return 0


@_guarded
def index(args: argparse.Namespace) -> int:
    """Run `repo index`."""
    folder = Path(args.folder)
    if not folder.is_dir():
        raise RepositoryInvalid(f"{folder} is no folder")
    now = rfc3339_micro(SystemClock().now())
    entries: list[dict[str, Any]] = []
    for path in sorted((*folder.glob("*.tgz"), *folder.glob("*/*.tgz"))):
        data = path.read_bytes()
        place = path.relative_to(folder).as_posix()
        url = f"{args.url.rstrip('/')}/{place}" if args.url else place
        entries.append(entry_for(load_chart(data).metadata, url, hashlib.sha256(data).hexdigest(), now))
    old = Path(args.merge).read_bytes() if args.merge and Path(args.merge).is_file() else b""
    (folder / "index.yaml").write_text(index_text(entries, old, now), encoding="utf-8")
    return 0


@_guarded
def search_repositories(args: argparse.Namespace) -> int:
    """Run `search repo`."""
    known = settings.repositories()
    if not known:
        raise ChartNotFound("no repositories configured", fix="`pilothouse chart repo add NAME URL`")
    indexes = {each.name: settings.cached_index(each.name) for each in known}
    constraint = wanted_version(args) or ">0.0.0"
    found = search(indexes, " ".join(args.words), constraint, all_versions=args.versions)
    rows = [
        {
            "name": match.name, "version": match.entry.version, "app_version": str(match.entry.metadata.get("appVersion") or ""),
            "description": str(match.entry.metadata.get("description") or ""),
        }
        for match in found
    ]  # fmt: skip
    if not rows and args.fail_on_no_result:
        raise ChartNotFound("no results found")
    if args.output != "table":
        write(structured(rows, args.output))
    elif not rows:
        write("No results found\n")
    else:
        lines = [["NAME", "CHART VERSION", "APP VERSION", "DESCRIPTION"]]
        lines += [[_short(text, args.max_col_width) for text in row.values()] for row in rows]
        write(table(lines))
    return 0


def _short(text: str, width: int) -> str:
    return text if not width or len(text) <= width else f"{text[: width - 3]}..."


@_guarded
def pull(args: argparse.Namespace) -> int:
    """Run `pull`."""
    from pilothouse.delivery.charts.repository.dependencies import unpack

    for source in args.sources:
        wanted = Wanted(source, wanted_version(args), args.repo, credentials_of(args), args.verify or args.prov)
        found = find_chart(wanted)
        if found.place:
            write(f"Pulled: {found.place}\nDigest: {found.digest}\n")
        load_chart(found.archive)
        if args.verify:
            assert found.provenance is not None
            ring = Path(args.keyring or default_keyring())
            write(_signed_text(verify_archive(found.archive, found.file_name, found.provenance, ring)))
        folder = Path(args.destination)
        if not folder.is_dir():
            raise RepositoryInvalid(f"{folder} is not a directory")
        if args.untar:
            unpack(found.archive, folder / args.untardir)
            continue
        (folder / found.file_name).write_bytes(found.archive)
        if found.provenance is not None:
            (folder / f"{found.file_name}.prov").write_bytes(found.provenance)
    return 0


@_guarded
def push(args: argparse.Namespace) -> int:
    """Run `push`."""
    path = Path(args.archive)
    if not is_registry(args.remote):
        raise RepositoryInvalid(
            f"scheme prefix missing from remote ({args.remote})", fix="write it as in oci://registry.example.com/charts"
        )
    if not path.is_file():
        raise ChartInvalid(f"{path}: no such file", fix="`pilothouse chart package` makes an archive")
    data = path.read_bytes()
    chart = load_chart(data)
    version = str(chart.metadata["version"])
    reference = read_reference(f"{args.remote.rstrip('/')}/{chart.name}:{tag_of(version)}")
    signature = path.with_name(f"{path.name}.prov")
    provenance = signature.read_bytes() if signature.is_file() else None
    registry = registry_of(reference.host, credentials_of(args))
    digest = registry.push(reference, chart.metadata, data, provenance, rfc3339(SystemClock().now()))
    write(f"Pushed: {reference}\nDigest: {digest}\n")
    return 0


@_guarded
def login(args: argparse.Namespace) -> int:
    """Run `registry login`."""
    if args.password_stdin:
        args.password = sys.stdin.readline().rstrip("\r\n")
    if not args.username or not args.password:
        raise RepositoryInvalid("a name and a password are needed", fix="--username NAME --password-stdin")
    host = args.host.removeprefix("oci://").partition("/")[0]
    registry_of(host, credentials_of(args)).check()
    settings.save_login(host, args.username, args.password)
    write("Login Succeeded\n")
    return 0


@_guarded
def logout(args: argparse.Namespace) -> int:
    """Run `registry logout`."""
    host = args.host.removeprefix("oci://").partition("/")[0]
    if not settings.forget_login(host):
        raise ChartNotFound(f"not logged in to {host}")
    write(f"Removing login credentials for {host}\n")
    return 0


def _signed_text(signed: Signed) -> str:
    names = "".join(f"Signed by: {name}\n" for name in signed.names)
    return f"{names}Using Key With Fingerprint: {signed.fingerprint}\nChart Hash Verified: {signed.digest}\n"


@_guarded
def verify(args: argparse.Namespace) -> int:
    """Run `verify`."""
    path = Path(args.archive)
    signature = path.with_name(f"{path.name}.prov")
    if path.is_dir():
        raise SignatureInvalid("unpacked charts cannot be verified")
    for needed in (path, signature):
        if not needed.is_file():
            raise SignatureInvalid(f"could not load {'provenance file' if needed is signature else 'chart'} {needed}")
    ring = Path(args.keyring or default_keyring())
    write(_signed_text(verify_archive(path.read_bytes(), path.name, signature.read_bytes(), ring)))
    return 0
