"""Rules of ConfigMaps and Secrets."""

from __future__ import annotations

import base64
import binascii

import orjson

from pilothouse.api.findings import FieldError, forbidden, invalid, required, too_long
from pilothouse.api.findings.gojson import syntax_error
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import Findings, Obj, immutable, rule

MAX_DATA = 1024 * 1024
_FROZEN = "field is immutable when `immutable` is set"
_OWNER = "kubernetes.io/service-account.name"
_DOCKER = {"kubernetes.io/dockercfg": ".dockercfg", "kubernetes.io/dockerconfigjson": ".dockerconfigjson"}
_GO_NAMES = {list: "array", str: "string", bool: "bool", int: "number", float: "number"}


def config_map(obj: Obj) -> Findings:
    """A new ConfigMap."""
    data, binary = obj.get("data") or {}, obj.get("binaryData") or {}
    out: Findings = []
    for key in sorted(data):
        out += rule(f"data[{key}]", key, names.config_key)
        if key in binary:
            out.append(invalid(f"data[{key}]", key, "duplicate of key present in binaryData"))
    for key in sorted(binary):
        out += rule(f"binaryData[{key}]", key, names.config_key)
    if sum(len(text.encode()) for text in data.values()) + sum(map(_size, binary.values())) > MAX_DATA:
        out.append(too_long("[]", MAX_DATA))
    return out


def _size(encoded: str) -> int:
    """Return how many bytes base64 text stands for."""
    return len(encoded) * 3 // 4 - encoded[-2:].count("=")


def config_map_update(new: Obj, old: Obj) -> Findings:
    """An immutable ConfigMap stays as it is."""
    return _frozen(new, old, ("data", "binaryData")) + config_map(new)


def _frozen(new: Obj, old: Obj, fields: tuple[str, ...]) -> Findings:
    if not old.get("immutable"):
        return []
    out: list[FieldError] = [] if new.get("immutable") else [forbidden("immutable", _FROZEN)]
    return out + [forbidden(field, _FROZEN) for field in fields if (new.get(field) or {}) != (old.get(field) or {})]


def secret(obj: Obj) -> Findings:
    """A new Secret."""
    data, kind = obj.get("data") or {}, obj.get("type", "")
    out = [finding for key in sorted(data) for finding in rule(f"data[{key}]", key, names.config_key)]
    if sum(map(_size, data.values())) > MAX_DATA:
        out.append(too_long("data", MAX_DATA))
    if kind == "kubernetes.io/service-account-token" and not (obj["metadata"].get("annotations") or {}).get(_OWNER):
        out.append(required(f"metadata.annotations[{_OWNER}]"))
    elif kind in _DOCKER:
        out += _docker(f"data[{_DOCKER[kind]}]", data.get(_DOCKER[kind]))
    elif kind == "kubernetes.io/basic-auth" and not {"username", "password"} & set(data):
        out += [required("data[username]"), required("data[password]")]
    elif kind == "kubernetes.io/ssh-auth" and not data.get("ssh-privatekey"):
        out.append(required("data[ssh-privatekey]"))
    elif kind == "kubernetes.io/tls":
        out += [required(f"data[{key}]") for key in ("tls.crt", "tls.key") if key not in data]
    return out


def _docker(path: str, encoded: str | None) -> Findings:
    if encoded is None:
        return [required(path)]
    problem = _not_an_object(encoded)
    return [invalid(path, "<secret contents redacted>", problem)] if problem else []


def _not_an_object(encoded: str) -> str:
    """Return what keeps base64 text from being a JSON object, in the words of the reference server; empty for nothing."""
    try:
        raw = base64.b64decode(encoded)
        found = orjson.loads(raw)
    except binascii.Error:
        return ""
    except orjson.JSONDecodeError:
        return syntax_error(raw)
    if found is None or isinstance(found, dict):
        return ""
    return f"json: cannot unmarshal {_GO_NAMES[type(found)]} into Go value of type map[string]interface {{}}"


def secret_update(new: Obj, old: Obj) -> Findings:
    """The type of a Secret stays, and an immutable one wholly."""
    return immutable("type", new.get("type"), old.get("type")) + _frozen(new, old, ("data",)) + secret(new)
