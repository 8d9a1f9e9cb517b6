"""`pilothouse app create`: an Application from flags, from a file, or from both."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from pilothouse.delivery.gitops.cli.changing.specification import add_spec_flags, edited
from pilothouse.delivery.gitops.cli.connection import APPS, App, Cluster, RequestFailed
from pilothouse.delivery.gitops.cli.flags import add_cluster_flags, pair
from pilothouse.kit.errors import BadRequest, Invalid, NotFound

LOCAL = "https://kubernetes.default.svc"
FINALIZER = "resources-finalizer.argocd.argoproj.io"
MAX_BYTES = 4 << 20


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("name", nargs="?", default="", metavar="NAME", help="the application, or NAMESPACE/NAME")
    parser.add_argument("-f", "--file", default="", help="file with the application, - for standard input; flags change it")
    parser.add_argument("--upsert", action="store_true", help="change it if it is there already")
    parser.add_argument("--label", action="append", default=[], metavar="NAME=VALUE", help="a label")
    parser.add_argument("--annotations", action="append", default=[], metavar="NAME=VALUE", help="an annotation")
    parser.add_argument("--set-finalizer", action="store_true", help="deleting the application deletes what it owns")
    parser.add_argument("--dry-run", action="store_true", help="let the server check it and change nothing")
    add_spec_flags(parser)
    add_cluster_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Create the application."""
    cluster = Cluster(args)
    given = _read(args.file) if args.file else {"metadata": {}, "spec": {}}
    app = application(given, args, values=literal_values(args))
    verb = _store(cluster, app, is_upsert=args.upsert, dry_run=args.dry_run)
    print(f"application '{app['metadata']['name']}' {verb}{' (dry run)' if args.dry_run else ''}")
    return 0


def literal_values(args: argparse.Namespace) -> str:
    """Return the text of `--values-literal-file`."""
    return _text(args.values_literal_file) if args.values_literal_file else ""


def _text(name: str) -> str:
    from pathlib import Path

    try:
        data = sys.stdin.buffer.read(MAX_BYTES + 1) if name == "-" else Path(name).read_bytes()
        if len(data) > MAX_BYTES:
            raise BadRequest(f"{name} is larger than {MAX_BYTES >> 20} MiB")
        return data.decode()
    except OSError as error:
        raise BadRequest(f"{name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadRequest(f"{name} is not text in UTF-8: {error.reason} at byte {error.start}") from error


def _read(name: str) -> App:
    import yaml

    try:
        documents = [document for document in yaml.safe_load_all(_text(name)) if document is not None]
    except (yaml.YAMLError, RecursionError) as error:
        raise BadRequest(f"{name} is not YAML: {error}") from error
    if len(documents) != 1 or not isinstance(documents[0], dict) or documents[0].get("kind") != "Application":
        raise BadRequest(f"{name} does not hold one Application", fix="several objects are applied by `pilothouse apply -f`")
    found: App = documents[0]
    if not isinstance(found.get("metadata") or {}, dict) or not isinstance(found.get("spec") or {}, dict):
        raise BadRequest(f"{name}: metadata and spec are maps")
    return {**found, "metadata": found.get("metadata") or {}, "spec": found.get("spec") or {}}


def application(given: App, args: argparse.Namespace, *, values: str = "") -> App:
    """Return the application that a file and flags make; raises `Invalid` when something is missing."""
    namespace, _, name = args.name.rpartition("/")
    meta = dict(given["metadata"])
    if name and meta.get("name", name) != name:
        raise Invalid(f"the file says {meta['name']!r}, the command line {name!r}", fix="give one name")
    meta["name"] = meta.get("name") or name
    if not meta["name"]:
        raise Invalid("the application has no name", fix="pilothouse app create NAME ...")
    meta["namespace"] = namespace or meta.get("namespace") or args.namespace
    for member, texts in (("labels", args.label), ("annotations", args.annotations)):
        if texts:
            meta[member] = {**(meta.get(member) or {}), **dict(pair(text, f"--{member}") for text in texts)}
    if args.set_finalizer:
        meta["finalizers"] = list(dict.fromkeys([*(meta.get("finalizers") or []), FINALIZER]))
    spec = edited(given["spec"], args, position=1, values=values)
    _complete(spec)
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": meta, "spec": spec}


def _complete(spec: dict[str, Any]) -> None:
    spec.setdefault("project", "default")
    destination = spec.setdefault("destination", {})
    if not destination.get("server") and not destination.get("name"):
        destination["server"] = LOCAL
    for source in spec.get("sources") or [spec.get("source") or {}]:
        if not source.get("repoURL"):
            raise Invalid("the application has no repository", fix="add --repo URL and --path FOLDER, or -f FILE")
        if not source.get("path") and not source.get("chart") and not source.get("ref"):
            source["path"] = "."


def _store(cluster: Cluster, app: App, *, is_upsert: bool, dry_run: bool) -> str:
    meta = app["metadata"]
    query, path = "?dryRun=All" if dry_run else "", cluster.path(f"{meta['namespace']}/{meta['name']}")
    try:
        known = cluster.send("GET", path)
    except NotFound:
        _create(cluster, app, f"{APPS}/namespaces/{meta['namespace']}/applications{query}")
        return "created"
    if known["spec"] == app["spec"] and not is_upsert:
        return "unchanged"
    if not is_upsert:
        raise RequestFailed(f"application {meta['name']!r} exists with another spec", fix="`--upsert` changes it")
    merged = {
        member: {**(known["metadata"].get(member) or {}), **(meta.get(member) or {})} for member in ("labels", "annotations")
    }
    finalizers = list(dict.fromkeys([*(known["metadata"].get("finalizers") or []), *(meta.get("finalizers") or [])]))
    body = {**known, "metadata": {**known["metadata"], **merged, "finalizers": finalizers}, "spec": app["spec"]}
    cluster.send("PUT", path + query, body)
    return "updated"


def _create(cluster: Cluster, app: App, path: str) -> None:
    try:
        cluster.send("POST", path, app)
    except NotFound as error:
        space = app["metadata"]["namespace"]
        raise NotFound(
            f"{error.message}",
            fix=f"`kubectl create namespace {space}`, or `-n` another; on a foreign cluster install Argo CD's CRDs",
        ) from None
