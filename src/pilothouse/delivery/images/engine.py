"""From a Dockerfile and a list of files to the bytes of an image: pure and repeatable.

`parse_dockerfile` reads the supported instructions, `plan_image` decides which file goes where, `pack_layer` and `render_image`
write the blobs. Nothing depends on time, order of directory entries, owner, or machine, except the architecture named in the
configuration, which is passed in.
"""

from __future__ import annotations

import fnmatch
import hashlib
import io
import json
import posixpath
import re
import shlex
import tarfile
import zlib
from collections.abc import Callable, Iterable

import msgspec

from pilothouse.api import oci
from pilothouse.delivery.images.errors import DockerfileInvalid

MAX_DOCKERFILE_BYTES = 256 << 10
_NOT_SUPPORTED = {"RUN", "ADD", "ONBUILD", "SHELL", "VOLUME", "HEALTHCHECK", "ARG", "MAINTAINER"}
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")


class Entry(msgspec.Struct, frozen=True):
    """A file of the build folder: its path relative to it, and what it is."""

    path: str
    is_executable: bool = False
    link: str = ""
    """Target of a symbolic link; empty for a file."""


class Recipe(msgspec.Struct):
    """What a Dockerfile says."""

    base: str = oci.HOST_BASE
    copies: list[tuple[list[str], str]] = []
    workdir: str = "/"
    env: dict[str, str] = {}
    entrypoint: list[str] | None = None
    cmd: list[str] | None = None
    ports: list[str] = []
    labels: dict[str, str] = {}
    user: str = ""
    stop_signal: str = ""


class LayerFile(msgspec.Struct, frozen=True):
    """One entry of the layer: where, what kind, and which file of the folder it is."""

    target: str
    source: str
    is_executable: bool = False
    link: str = ""


class Blobs(msgspec.Struct, frozen=True):
    """The finished image."""

    layer: bytes
    config: bytes
    manifest: bytes
    layer_digest: str
    config_digest: str
    manifest_digest: str


def default_recipe(entries: Iterable[Entry]) -> Recipe:
    """Return the recipe of a folder without a Dockerfile: everything to /app, `main.py` or `run.sh` started when there."""
    names = {entry.path for entry in entries}
    cmd = ["python3", "main.py"] if "main.py" in names else (["sh", "run.sh"] if "run.sh" in names else None)
    return Recipe(copies=[(["."], "/app")], workdir="/app", cmd=cmd)


def parse_dockerfile(text: str) -> Recipe:
    """Return the recipe a Dockerfile describes; raises DockerfileInvalid with the line's number."""
    recipe = Recipe(copies=[], env={}, ports=[], labels={})
    is_first = True
    for number, line in _logical_lines(text):
        word, _, rest = line.partition(" ")
        instruction, rest = word.upper(), rest.strip()
        if is_first and instruction != "FROM":
            raise DockerfileInvalid(f"Dockerfile line {number}: the first instruction must be FROM")
        if instruction in _NOT_SUPPORTED:
            raise DockerfileInvalid(
                f"Dockerfile line {number}: {instruction} is not supported, nothing is executed while building",
                fix="prepare the files in the folder and COPY them",
            )
        handler = _INSTRUCTIONS.get(instruction)
        if handler is None:
            raise DockerfileInvalid(f"Dockerfile line {number}: unknown instruction {instruction!r}")
        if instruction == "FROM" and not is_first:
            raise DockerfileInvalid(f"Dockerfile line {number}: only one stage is supported", fix="use a single FROM")
        is_first = False
        try:
            handler(recipe, rest)
        except ValueError as error:
            raise DockerfileInvalid(f"Dockerfile line {number}: {instruction}: {error}") from error
    if is_first:
        raise DockerfileInvalid("the Dockerfile is empty", fix="begin with FROM host")
    return recipe


def _logical_lines(text: str) -> list[tuple[int, str]]:
    lines, pending, started = [], "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line.startswith("#") or (not line and not pending):
            continue
        started = started or number
        if line.endswith("\\"):
            pending += line[:-1] + " "
            continue
        lines.append((started, pending + line))
        pending, started = "", 0
    if pending:
        lines.append((started, pending))
    return lines


def _words(text: str) -> list[str]:
    if text.startswith("["):
        found = json.loads(text)
        if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
            raise ValueError("the bracket form must be a list of strings")
        return found
    return shlex.split(text)


def _command(text: str) -> list[str]:
    if not text:
        raise ValueError("a command is missing")
    return _words(text) if text.startswith("[") else ["/bin/sh", "-c", text]


def _expand(recipe: Recipe, text: str) -> str:
    return _VARIABLE.sub(lambda match: recipe.env.get(match[1] or match[2], ""), text)


def _from(recipe: Recipe, rest: str) -> None:
    name = rest.split(maxsplit=1)[0] if rest else ""
    if name not in {oci.HOST_BASE, "scratch"}:
        raise ValueError(f"base {name!r} is not available; use `host` (this machine's root, read-only) or `scratch`")
    recipe.base = oci.HOST_BASE if name == oci.HOST_BASE else ""


def _copy(recipe: Recipe, rest: str) -> None:
    words = [word for word in _words(_expand(recipe, rest)) if not word.startswith("--chown=")]
    if any(word.startswith("--") for word in words):
        raise ValueError("options other than --chown are not supported")
    if len(words) < 2:
        raise ValueError("needs a source and a destination")
    recipe.copies.append((words[:-1], posixpath.join(recipe.workdir, words[-1])))


def _workdir(recipe: Recipe, rest: str) -> None:
    recipe.workdir = posixpath.normpath(posixpath.join(recipe.workdir, _expand(recipe, rest)))


def _pairs(recipe: Recipe, rest: str) -> dict[str, str]:
    words = shlex.split(_expand(recipe, rest))
    if words and "=" not in words[0]:
        name, _, value = rest.partition(" ")
        return {name: _expand(recipe, value.strip())}
    return dict(word.split("=", 1) for word in words)


def _env(recipe: Recipe, rest: str) -> None:
    recipe.env |= _pairs(recipe, rest)


def _label(recipe: Recipe, rest: str) -> None:
    recipe.labels |= _pairs(recipe, rest)


def _expose(recipe: Recipe, rest: str) -> None:
    for word in rest.split():
        number, _, protocol = word.partition("/")
        if not number.isdigit() or not 0 < int(number) < 65536 or protocol not in {"", "tcp", "udp"}:
            raise ValueError(f"{word!r} is no port")
        recipe.ports.append(f"{number}/{protocol or 'tcp'}")


def _cmd(recipe: Recipe, rest: str) -> None:
    recipe.cmd = _command(rest)


def _entrypoint(recipe: Recipe, rest: str) -> None:
    recipe.entrypoint = _command(rest)


def _user(recipe: Recipe, rest: str) -> None:
    recipe.user = rest


def _stop_signal(recipe: Recipe, rest: str) -> None:
    recipe.stop_signal = rest


_INSTRUCTIONS: dict[str, Callable[[Recipe, str], None]] = {
    "FROM": _from, "COPY": _copy, "WORKDIR": _workdir, "ENV": _env, "LABEL": _label, "EXPOSE": _expose, "CMD": _cmd,
    "ENTRYPOINT": _entrypoint, "USER": _user, "STOPSIGNAL": _stop_signal,
}  # fmt: skip


def is_ignored(path: str, patterns: list[str]) -> bool:
    """Apply the lines of a .dockerignore file to a path; the last matching line wins, `!` takes back."""
    verdict = False
    for pattern in patterns:
        is_negated = pattern.startswith("!")
        clean = pattern.lstrip("!").strip("/")
        parts = path.split("/")
        prefixes = ["/".join(parts[: index + 1]) for index in range(len(parts))]
        is_anywhere = clean.startswith("**/") and any(fnmatch.fnmatchcase(part, clean[3:]) for part in parts)
        if is_anywhere or any(fnmatch.fnmatchcase(prefix, clean) for prefix in prefixes):
            verdict = not is_negated
    return verdict


def plan_image(recipe: Recipe, entries: list[Entry]) -> list[LayerFile]:
    """Return the layer's files, sorted by target; raises DockerfileInvalid when a COPY matches nothing."""
    files: dict[str, LayerFile] = {}
    for sources, target in recipe.copies:
        for source in sources:
            clean = posixpath.normpath(source.lstrip("/")) if source.strip("/") else "."
            if clean.startswith(".."):
                raise DockerfileInvalid(f"COPY {source}: the path leaves the folder")
            matched = [entry for entry in entries if _matches(entry.path, clean)]
            if not matched:
                raise DockerfileInvalid(f"COPY {source}: nothing in the folder matches", fix="check the path and .dockerignore")
            for entry in matched:
                place = _target(entry.path, clean, target, is_single=len(sources) == 1)
                files[place] = LayerFile(place, entry.path, entry.is_executable, entry.link)
    return [files[place] for place in sorted(files)]


def _matches(path: str, source: str) -> bool:
    if source == "." or path == source or path.startswith(source + "/"):
        return True
    parts = path.split("/")
    return any(fnmatch.fnmatchcase("/".join(parts[: index + 1]), source) for index in range(len(parts)))


def _target(path: str, source: str, target: str, is_single: bool) -> str:
    if source == ".":
        inner = path
    elif path == source and is_single and not target.endswith("/"):
        return posixpath.normpath(target).lstrip("/")
    elif path.startswith(source + "/"):
        inner = path[len(source) + 1 :]
    else:
        inner = path.rsplit("/", 1)[-1]
    return posixpath.normpath(posixpath.join(target, inner)).lstrip("/")


def pack_layer(files: list[LayerFile], read: Callable[[str], bytes], folders: Iterable[str] = ()) -> bytes:
    """Return the layer's tar: parents first, sorted, owned by root, time zero."""
    out = io.BytesIO()
    parents = {parent for file in files for parent in _parents(file.target)} | {parent.strip("/") for parent in folders}
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        rows: list[tuple[str, LayerFile | None]] = [(name, None) for name in parents if name]
        rows += [(file.target, file) for file in files]
        for name, file in sorted(rows, key=lambda row: row[0].split("/")):
            info = tarfile.TarInfo(name)
            if file is None:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(info)
            elif file.link:
                info.type, info.linkname, info.mode = tarfile.SYMTYPE, file.link, 0o777
                archive.addfile(info)
            else:
                content = read(file.source)
                info.size, info.mode = len(content), 0o755 if file.is_executable else 0o644
                archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def _parents(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: index + 1]) for index in range(len(parts))]


def compress(data: bytes) -> bytes:
    """Return gzip bytes with a fixed level and an empty header: the same input always yields the same output."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def digest_of(data: bytes) -> str:
    """Return the OCI digest of bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def render_image(recipe: Recipe, tar: bytes, architecture: str) -> Blobs:
    """Return layer, configuration and manifest of an image."""
    layer = compress(tar)
    labels = dict(sorted({**recipe.labels, **({oci.BASE_LABEL: recipe.base} if recipe.base else {})}.items()))
    execution = oci.Execution(
        user=recipe.user,
        exposed_ports={port: {} for port in sorted(set(recipe.ports))} or None,
        env=[f"{key}={value}" for key, value in recipe.env.items()] or None,
        entrypoint=recipe.entrypoint,
        cmd=recipe.cmd,
        working_dir=recipe.workdir,
        labels=labels or None,
        stop_signal=recipe.stop_signal,
    )
    config = msgspec.json.encode(oci.ImageConfig(architecture, "linux", oci.RootFs(diff_ids=(digest_of(tar),)), execution))
    manifest = msgspec.json.encode(
        oci.Manifest(
            oci.Descriptor(oci.CONFIG_TYPE, digest_of(config), len(config)),
            (oci.Descriptor(oci.LAYER_GZIP_TYPE, digest_of(layer), len(layer)),),
        )
    )
    return Blobs(layer, config, manifest, digest_of(layer), digest_of(config), digest_of(manifest))
