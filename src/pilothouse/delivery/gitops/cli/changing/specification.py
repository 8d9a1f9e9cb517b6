"""The flags of `create` and `set`, and the spec of an Application they make. Pure.

Every flag is one row of a table: its name, what it does to the spec, and a line of help. `--source-position` says which of
several sources the flags are about.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Callable
from typing import Any

import msgspec

from pilothouse.delivery.gitops.cli.flags import pair
from pilothouse.kit.errors import Invalid

Tree = dict[str, Any]
Write = Callable[[Tree, Any], None]


class Flag(msgspec.Struct, frozen=True):
    """One flag: `write(part of the spec, value)`."""

    write: Write
    text: str
    options: dict[str, Any] = {}


def _at(path: str, convert: Callable[[str], Any] = str) -> Write:
    """Put a value at a place."""

    def write(tree: Tree, value: Any) -> None:
        *parents, last = path.split(".")
        for name in parents:
            tree = tree.setdefault(name, {})
        tree[last] = value if isinstance(value, list | bool | int) else convert(value)

    return write


def _parameters(*, is_string: bool = False, is_file: bool = False) -> Write:
    """Put parameters of a chart in the place of those of the same name."""

    def write(tree: Tree, values: list[str]) -> None:
        helm = tree.setdefault("helm", {})
        known = helm.setdefault("fileParameters" if is_file else "parameters", [])
        for text in values:
            name, value = pair(text, "--helm-set")
            entry: Tree = {"name": name, "path" if is_file else "value": value}
            if is_string:
                entry["forceString"] = True
            at = next((number for number, each in enumerate(known) if each.get("name") == name), len(known))
            known[at : at + 1] = [entry]

    return write


def _map(path: str) -> Write:
    def write(tree: Tree, values: list[str]) -> None:
        *parents, last = path.split(".")
        for name in parents:
            tree = tree.setdefault(name, {})
        tree.setdefault(last, {}).update(pair(text, f"--{last}") for text in values)

    return write


def _images(tree: Tree, values: list[str]) -> None:
    known = tree.setdefault("kustomize", {}).setdefault("images", [])
    for text in values:
        name = image_name(text)
        known[:] = [*(each for each in known if image_name(each) != name), text]


def image_name(text: str) -> str:
    """Return the image that an override is about: what comes before `=`, or the name without tag and digest."""
    name, separator, _ = text.partition("=")
    head, slash, tail = name.partition("@")[0].rpartition("/")
    return name if separator else head + slash + tail.partition(":")[0]


def _replicas(tree: Tree, values: list[str]) -> None:
    known = tree.setdefault("kustomize", {}).setdefault("replicas", [])
    for text in values:
        name, count = pair(text, "--kustomize-replica")
        if not count.isdigit():
            raise Invalid(f"--kustomize-replica {text!r}: {count!r} is no number")
        known[:] = [*(each for each in known if each.get("name") != name), {"name": name, "count": int(count)}]


def _sync_policy(tree: Tree, value: str) -> None:
    policy = tree.setdefault("syncPolicy", {})
    if value in {"none", "manual"}:
        policy.pop("automated", None)
    else:
        policy.setdefault("automated", {})


def _automated(member: str) -> Write:
    def write(tree: Tree, value: bool) -> None:
        automated = (tree.get("syncPolicy") or {}).get("automated")
        if automated is None:
            raise Invalid(f"{member} counts only with automated syncs", fix="add --sync-policy automated")
        automated[member] = value

    return write


def _options(tree: Tree, values: list[str]) -> None:
    known = tree.setdefault("syncPolicy", {}).setdefault("syncOptions", [])
    for text in values:
        name, _ = pair(text.removeprefix("!"), "--sync-option")
        known[:] = [each for each in known if each.partition("=")[0] != name]
        if not text.startswith("!"):
            known.append(text)


def _destination(member: str) -> Write:
    def write(tree: Tree, value: str) -> None:
        destination = tree.setdefault("destination", {})
        destination.pop("name" if member == "server" else "server", None)
        destination[member] = value

    return write


_MANY: Tree = {"action": "append", "metavar": "NAME=VALUE"}
_SWITCH: Tree = {"action": argparse.BooleanOptionalAction, "default": None}
_NUMBER: Tree = {"type": int, "default": None}
SOURCE: dict[str, Flag] = {
    "repo": Flag(_at("repoURL"), "address of the repository"),
    "path": Flag(_at("path"), "folder in the repository"),
    "revision": Flag(_at("targetRevision"), "branch, tag, commit or range of versions"),
    "helm-chart": Flag(_at("chart"), "chart of a Helm repository"),
    "ref": Flag(_at("ref"), "name by which other sources refer to this one"),
    "source-name": Flag(_at("name"), "name of the source"),
    "release-name": Flag(_at("helm.releaseName"), "name of the release"),
    "values": Flag(_at("helm.valueFiles"), "a values file, several times for several", {"action": "append", "metavar": "FILE"}),
    "helm-set": Flag(_parameters(), "a parameter of the chart", _MANY),
    "helm-set-string": Flag(_parameters(is_string=True), "a parameter that stays text", _MANY),
    "helm-set-file": Flag(_parameters(is_file=True), "a parameter from a file of the repository", _MANY),
    "helm-skip-crds": Flag(_at("helm.skipCrds"), "leave the definitions of the chart out", _SWITCH),
    "ignore-missing-value-files": Flag(_at("helm.ignoreMissingValueFiles"), "value files may be absent", _SWITCH),
    "nameprefix": Flag(_at("kustomize.namePrefix"), "kustomize: before every name"),
    "namesuffix": Flag(_at("kustomize.nameSuffix"), "kustomize: after every name"),
    "kustomize-namespace": Flag(_at("kustomize.namespace"), "kustomize: the namespace of all"),
    "kustomize-image": Flag(_images, "kustomize: an image override", {"action": "append", "metavar": "IMAGE"}),
    "kustomize-replica": Flag(_replicas, "kustomize: a replica count", _MANY),
    "kustomize-common-label": Flag(_map("kustomize.commonLabels"), "kustomize: a label of all", _MANY),
    "kustomize-common-annotation": Flag(_map("kustomize.commonAnnotations"), "kustomize: an annotation of all", _MANY),
    "directory-recurse": Flag(_at("directory.recurse"), "folders below count too", _SWITCH),
    "directory-include": Flag(_at("directory.include"), "only files that match"),
    "directory-exclude": Flag(_at("directory.exclude"), "no files that match"),
}
SPEC: dict[str, Flag] = {
    "project": Flag(_at("project"), "the project (default: default)"),
    "dest-server": Flag(_destination("server"), "address of the cluster (default: this one)"),
    "dest-name": Flag(_destination("name"), "name of the cluster"),
    "dest-namespace": Flag(_at("destination.namespace"), "namespace of what has none"),
    "sync-policy": Flag(_sync_policy, "none or automated", {"choices": ("none", "manual", "auto", "automated", "automatic")}),
    "auto-prune": Flag(_automated("prune"), "automated syncs remove what is no longer in the sources", _SWITCH),
    "self-heal": Flag(_automated("selfHeal"), "changes by hand are taken back", _SWITCH),
    "allow-empty": Flag(_automated("allowEmpty"), "automated syncs may remove everything", _SWITCH),
    "sync-option": Flag(_options, "a sync option; with ! before it, take it away", _MANY),
    "sync-retry-limit": Flag(_at("syncPolicy.retry.limit"), "tries after a failed sync", _NUMBER),
    "sync-retry-backoff-duration": Flag(_at("syncPolicy.retry.backoff.duration"), "wait before the first of them"),
    "sync-retry-backoff-factor": Flag(_at("syncPolicy.retry.backoff.factor"), "by what it grows", _NUMBER),
    "sync-retry-backoff-max-duration": Flag(_at("syncPolicy.retry.backoff.maxDuration"), "the longest wait"),
    "revision-history-limit": Flag(_at("revisionHistoryLimit"), "how many deployments are kept", _NUMBER),
}
_ALIASES = {"helm-set": ("--parameter", "-p"), "values": ("--values-file",)}


def add_spec_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of all rows."""
    for name, flag in {**SOURCE, **SPEC}.items():
        parser.add_argument(
            f"--{name}", *_ALIASES.get(name, ()), dest=_dest(name), help=flag.text, **{"default": None, **flag.options}
        )
    parser.add_argument(
        "--values-literal-file", metavar="FILE", help="values that become part of the application (- for standard input)"
    )


def _dest(name: str) -> str:
    return f"spec_{name.replace('-', '_')}"


def source_at(spec: Tree, position: int) -> Tree:
    """Return one source of a spec; raises `Invalid` when there is none at this place."""
    sources = spec.get("sources") or []
    if not sources:
        if position > 1:
            raise Invalid("this application has one source", fix="leave --source-position out")
        found: Tree = spec.setdefault("source", {})
        return found
    if not 0 < position <= len(sources):
        raise Invalid(
            f"this application has {len(sources)} sources", fix=f"--source-position 1 to {len(sources)} says which is meant"
        )
    picked: Tree = sources[position - 1]
    return picked


def edited(spec: Tree, args: argparse.Namespace, *, position: int = 0, values: str = "") -> Tree:
    """Return a spec with what the flags say; raises `Invalid`."""
    wanted = copy.deepcopy(spec)
    given = [(flag, getattr(args, _dest(name))) for name, flag in SOURCE.items() if getattr(args, _dest(name)) is not None]
    if given or values:
        source = source_at(wanted, position)
        for flag, value in given:
            flag.write(source, value)
        if values:
            source.setdefault("helm", {})["values"] = values
    for name, flag in SPEC.items():
        value = getattr(args, _dest(name))
        if value is not None:
            flag.write(wanted, value)
    return wanted
