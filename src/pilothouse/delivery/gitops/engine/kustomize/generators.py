"""ConfigMaps and Secrets made of files, env files and literals, and the hash that makes their names change with their content."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import orjson

from pilothouse.delivery.gitops.engine.kustomize.errors import KustomizationInvalid
from pilothouse.delivery.gitops.engine.kustomize.loading import texts
from pilothouse.delivery.gitops.engine.kustomize.resources import Res, Resources

Read = Callable[[str], bytes]
_LINE = 70
_ALPHABET = str.maketrans("013ae", "ghkmt")
_ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def encoded(data: bytes) -> str:
    """Return base64 as kustomize writes it: long values in lines of 70."""
    text = base64.b64encode(data).decode()
    if len(text) < _LINE:
        return text
    return "".join(f"{text[at : at + _LINE]}\n" for at in range(0, len(text), _LINE))


def content_hash(tree: dict[str, Any]) -> str:
    """Return the ten letters kustomize appends to the name of a ConfigMap or Secret."""
    kind = tree.get("kind")
    name = ""  # what a resource is called does not count
    if kind == "ConfigMap":
        body: dict[str, Any] = {"kind": kind, "name": name, "data": tree.get("data") or ""}
        if isinstance(tree.get("binaryData"), dict):
            body["binaryData"] = tree["binaryData"]
    elif kind == "Secret":
        body = {"kind": kind, "type": tree.get("type") or "", "name": name, "data": tree.get("data", "")}
        if isinstance(tree.get("stringData"), dict):
            body["stringData"] = tree["stringData"]
    else:
        text = orjson.dumps(tree, option=orjson.OPT_SORT_KEYS).decode().translate(_ESCAPES)
        return _letters(text + "\n")
    return _letters(orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode().translate(_ESCAPES))


def _letters(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10].translate(_ALPHABET)


def generate(kind: str, args: dict[str, Any], options: dict[str, Any], read: Read) -> Res:
    """Return the ConfigMap or Secret an entry of a generator asks for; raises `KustomizationInvalid`."""
    name = args.get("name")
    if not name:
        raise KustomizationInvalid(f"{'configMap' if kind == 'ConfigMap' else 'secret'}Generator: an entry has no name")
    meta: dict[str, Any] = {"name": str(name)}
    if args.get("namespace"):
        meta["namespace"] = args["namespace"]
    tree: dict[str, Any] = {"apiVersion": "v1", "kind": kind, "metadata": meta}
    _fill(tree, _pairs(args, read), args)
    merged = _options(options, args.get("options") or {})
    for key in ("labels", "annotations"):
        if merged.get(key):
            meta[key] = texts(merged[key])
    if merged.get("immutable"):
        tree["immutable"] = True
    res = Res(tree)
    res.needs_hash = not merged.get("disableNameSuffixHash")
    res.behavior = str(args.get("behavior") or "")
    if res.behavior not in ("", "unspecified", "create", "merge", "replace"):
        raise KustomizationInvalid(f"{kind} generator {name}: unknown behavior {res.behavior!r}")
    return res


def _options(shared: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    out = {**shared, **own}
    for key in ("labels", "annotations"):
        out[key] = {**(shared.get(key) or {}), **(own.get(key) or {})}
    for key in ("immutable", "disableNameSuffixHash"):
        out[key] = bool(shared.get(key)) or bool(own.get(key))
    return out


def _fill(tree: dict[str, Any], pairs: dict[str, bytes], args: dict[str, Any]) -> None:
    if tree["kind"] == "Secret":
        tree["type"] = str(args.get("type") or "Opaque")
        tree["data"] = {key: encoded(value) for key, value in pairs.items()}
        return
    for key, value in pairs.items():
        try:
            text = value.decode()
        except UnicodeDecodeError:
            tree.setdefault("binaryData", {})[key] = encoded(value)
        else:
            tree.setdefault("data", {})[key] = text


def _pairs(args: dict[str, Any], read: Read) -> dict[str, bytes]:
    found: list[tuple[str, bytes]] = []
    for path in [*_texts(args, "envs"), *([str(args["env"])] if args.get("env") else [])]:
        found += _env(read(path), path)
    for item in _texts(args, "literals"):
        key, equals, value = item.partition("=")
        if not equals or not key:
            raise KustomizationInvalid(f"literal {item!r} of {args['name']} is not key=value")
        found.append((key, _unquoted(value).encode()))
    for item in _texts(args, "files"):
        key, equals, path = item.partition("=")
        if not equals:
            key, path = item.rpartition("/")[2], item
        found.append((key, read(path)))
    out: dict[str, bytes] = {}
    for key, data in found:
        if key in out:
            raise KustomizationInvalid(f"{args['name']} is given {key!r} twice")
        out[key] = data
    return out


def _texts(args: dict[str, Any], key: str) -> list[str]:
    found = args.get(key) or []
    if not isinstance(found, list):
        raise KustomizationInvalid(f"{key} of generator {args.get('name')} is no list")
    return [str(item) for item in found]


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value


def _env(data: bytes, path: str) -> list[tuple[str, bytes]]:
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError:
        raise KustomizationInvalid(f"env file {path} is not UTF-8") from None
    found: list[tuple[str, bytes]] = []
    for line in text.splitlines():
        stripped = line.lstrip()
        if stripped and not stripped.startswith("#"):
            key, _, value = stripped.partition("=")
            found.append((key, value.encode()))
    return found


def absorb(resources: Resources, made: Res) -> None:
    """Add what was generated, or merge it into what has its name, as its behavior says; raises `KustomizationInvalid`."""
    matches = resources.called(made.id)
    if not matches:
        if made.behavior in ("merge", "replace"):
            raise KustomizationInvalid(f"id {made.id} does not exist; cannot merge or replace")
        resources.add(made)
        return
    if made.behavior not in ("merge", "replace"):
        raise KustomizationInvalid(f"id {made.id} exists; behavior must be merge or replace")
    if len(matches) > 1:
        raise KustomizationInvalid(f"found multiple objects {made.id} that could accept a merge")
    _combine(matches[0], made)


def _combine(old: Res, made: Res) -> None:
    """Put what was generated in the place of what has its name."""
    tree, before = made.tree, old.tree
    for key in ("labels", "annotations"):
        both = {**(old.meta.get(key) or {}), **(made.meta.get(key) or {})}
        if both:
            made.meta[key] = both
    made.meta["name"] = old.name
    if old.namespace:
        made.meta["namespace"] = old.namespace
    for key in ("data", "binaryData") if made.behavior == "merge" else ():
        both = {**(before.get(key) or {}), **(tree.get(key) or {})}
        if both:
            tree[key] = both
    if made.behavior == "merge" and before.get("type") and tree.get("type") == "Opaque":
        tree["type"] = before["type"]
    old.tree = tree
    old.needs_hash = made.needs_hash and old.needs_hash
