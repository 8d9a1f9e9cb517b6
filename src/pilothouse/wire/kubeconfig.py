"""kubeconfig files: written for kubectl, read for our own commands.

Files are written as JSON, which is YAML too, so that reading our own needs no YAML parser; foreign ones are read with PyYAML.
Only what the commands need is imported here, because every `pilothouse get` passes through it.
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

from pilothouse.kit.errors import Invalid


class BadKubeconfig(Invalid):
    """A kubeconfig that cannot be used, with the place."""

    reason = "BadKubeconfig"


class ClusterAccess:
    """How to reach one cluster as one user. Certificates are PEM bytes; empty when not used."""

    __slots__ = (
        "authority_pem", "certificate_pem", "context", "insecure", "key_pem", "namespace", "server", "tls_server_name", "token",
    )  # fmt: skip

    def __init__(self, server: str) -> None:
        """Reach `server` (URL) without credentials."""
        self.server = server
        self.context = ""
        self.namespace = "default"
        self.authority_pem = b""
        self.certificate_pem = b""
        self.key_pem = b""
        self.token = ""
        self.tls_server_name = ""
        self.insecure = False


def build(name: str, server: str, authority_pem: bytes, certificate_pem: bytes, key_pem: bytes) -> dict[str, Any]:
    """Return the kubeconfig document of one cluster, user and context called `name`."""

    def encoded(pem: bytes) -> str:
        return base64.b64encode(pem).decode()

    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server, "certificate-authority-data": encoded(authority_pem)}}],
        "users": [
            {"name": name, "user": {"client-certificate-data": encoded(certificate_pem), "client-key-data": encoded(key_pem)}}
        ],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": "default"}}],
        "current-context": name,
    }


def write(path: Path, document: dict[str, Any]) -> None:
    """Write a kubeconfig readable by its owner only, atomically."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(json.dumps(document, indent=2) + "\n")
    temporary.rename(path)


def read(path: Path, context: str = "") -> ClusterAccess:
    """Return the access of `context` (default: the current one); raises `BadKubeconfig`."""
    try:
        text = path.read_text()
    except OSError as error:
        raise BadKubeconfig(
            f"kubeconfig {path} cannot be read: {error.strerror}", fix="start one with `pilothouse up`, or pass --kubeconfig"
        ) from error
    document = _parse(text, path)
    wanted = context or str(document.get("current-context", ""))
    entry = _named(document, "contexts", wanted, path).get("context") or {}
    cluster = _named(document, "clusters", str(entry.get("cluster", "")), path).get("cluster") or {}
    user = _named(document, "users", str(entry.get("user", "")), path).get("user") or {}
    access = ClusterAccess(str(cluster.get("server", "")).rstrip("/"))
    access.context = wanted
    access.namespace = entry.get("namespace") or "default"
    access.insecure = bool(cluster.get("insecure-skip-tls-verify"))
    access.tls_server_name = str(cluster.get("tls-server-name", ""))
    access.authority_pem = _material(cluster, "certificate-authority", path)
    access.certificate_pem = _material(user, "client-certificate", path)
    access.key_pem = _material(user, "client-key", path)
    access.token = _token(user, path)
    if "exec" in user or "auth-provider" in user:
        raise BadKubeconfig(f"user of context {wanted!r} in {path} uses a credential plugin, which is not supported yet")
    return access


def _parse(text: str, path: Path) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        import yaml

        try:
            document = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise BadKubeconfig(f"kubeconfig {path} is not YAML: {error}") from error
    if not isinstance(document, dict):
        raise BadKubeconfig(f"kubeconfig {path} does not hold an object")
    return document


def _named(document: dict[str, Any], section: str, name: str, path: Path) -> dict[str, Any]:
    entries = document.get(section) or []
    for entry in entries:
        if isinstance(entry, dict) and entry.get("name") == name:
            return entry
    known = ", ".join(str(entry.get("name")) for entry in entries if isinstance(entry, dict)) or "none"
    raise BadKubeconfig(f"kubeconfig {path} has no {section[:-1]} {name!r}", fix=f"choose one of: {known}")


def _material(section: dict[str, Any], name: str, path: Path) -> bytes:
    data = section.get(f"{name}-data")
    if data:
        try:
            return base64.b64decode("".join(str(data).split()), validate=True)
        except ValueError as error:
            raise BadKubeconfig(f"{name}-data in kubeconfig {path} is not base64") from error
    file = section.get(name)
    if not file:
        return b""
    try:
        return (path.parent / str(file)).read_bytes()
    except OSError as error:
        raise BadKubeconfig(f"{name} {file!r} named in kubeconfig {path} cannot be read: {error.strerror}") from error


def _token(user: dict[str, Any], path: Path) -> str:
    if user.get("token"):
        return str(user["token"])
    file = user.get("tokenFile")
    return (path.parent / str(file)).read_text().strip() if file else ""
