"""`pilothouse app unset`: parameters of a source are taken back."""

from __future__ import annotations

import argparse
import copy
from typing import Any

from pilothouse.delivery.gitops.cli.changing.edit import store
from pilothouse.delivery.gitops.cli.changing.specification import image_name, source_at
from pilothouse.delivery.gitops.cli.connection import Cluster
from pilothouse.delivery.gitops.cli.flags import add_name
from pilothouse.kit.errors import NotFound

_MEMBERS = {
    "nameprefix": ("kustomize", "namePrefix"), "namesuffix": ("kustomize", "nameSuffix"), "values_literal": ("helm", "values"),
    "kustomize_namespace": ("kustomize", "namespace"), "ignore_missing_value_files": ("helm", "ignoreMissingValueFiles"),
    "release_name": ("helm", "releaseName"), "helm_skip_crds": ("helm", "skipCrds"), "ref": ("", "ref"),
}  # fmt: skip


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument(
        "-p", "--parameter", "--helm-set", action="append", default=[], metavar="NAME", help="a parameter of the chart"
    )
    parser.add_argument("--values", action="append", default=[], metavar="FILE", help="a values file")
    parser.add_argument("--kustomize-image", action="append", default=[], metavar="IMAGE", help="an image override")
    parser.add_argument("--kustomize-replica", action="append", default=[], metavar="NAME", help="a replica count")
    for name in _MEMBERS:
        parser.add_argument(f"--{name.replace('_', '-')}", action="store_true", help="take it back")
    parser.add_argument("--source-position", type=int, default=0, metavar="N", help="the source that is meant, from 1 on")
    add_name(parser)


def run(args: argparse.Namespace) -> int:
    """Take back what the flags name."""
    cluster = Cluster(args)
    app = cluster.application(args.name)
    spec = copy.deepcopy(app["spec"])
    source = source_at(spec, args.source_position)
    _drop(source, "helm", "parameters", args.parameter, lambda each: each.get("name"))
    _drop(source, "helm", "valueFiles", args.values, str)
    _drop(source, "kustomize", "images", [image_name(name) for name in args.kustomize_image], image_name)
    _drop(source, "kustomize", "replicas", args.kustomize_replica, lambda each: each.get("name"))
    for flag, (part, member) in _MEMBERS.items():
        if getattr(args, flag):
            (source.get(part) or {} if part else source).pop(member, None)
    for part in ("helm", "kustomize"):
        if part in source and not source[part]:
            del source[part]
    store(cluster, app, spec)
    return 0


def _drop(source: dict[str, Any], part: str, member: str, names: list[str], name_of: Any) -> None:
    """Take entries out of a list; raises `NotFound` for one that is not there."""
    known = (source.get(part) or {}).get(member) or []
    there = [name_of(each) for each in known]
    unknown = next((name for name in names if name not in there), None)
    if unknown is not None:
        raise NotFound(f"{part}.{member} has no {unknown!r}", fix=f"there is {', '.join(map(str, there)) or 'nothing'}")
    if names:
        source[part][member] = [each for each in known if name_of(each) not in names]
        if not source[part][member]:
            del source[part][member]
