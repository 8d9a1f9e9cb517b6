"""Helm's settings: repositories.yaml, the cached indexes, and credentials of registries.

They are helm's files in helm's places, so that what was added with one tool is there for the other.
"""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path
from typing import Any

import orjson

from pilothouse.delivery.charts.engine.yaml.reader import YamlError, read_yaml
from pilothouse.delivery.charts.engine.yaml.writer import write_yaml
from pilothouse.delivery.charts.repository.engine.index import read_index
from pilothouse.delivery.charts.repository.errors import ChartNotFound, RepositoryInvalid
from pilothouse.delivery.charts.repository.types import Credentials, Index, Repository

Repositories = list[Repository]


def _home(own: str, standard: str, fallback: str) -> Path:
    if os.environ.get(own):
        return Path(os.environ[own])
    base = os.environ.get(standard)
    return Path(base) / "helm" if base else Path(os.path.expanduser("~")) / fallback / "helm"


def config_home() -> Path:
    """Return the directory of helm's settings."""
    return _home("HELM_CONFIG_HOME", "XDG_CONFIG_HOME", ".config")


def cache_home() -> Path:
    """Return the directory of helm's cached files."""
    return _home("HELM_CACHE_HOME", "XDG_CACHE_HOME", ".cache")


def _repositories_file() -> Path:
    return Path(os.environ.get("HELM_REPOSITORY_CONFIG") or config_home() / "repositories.yaml")


def _cache() -> Path:
    return Path(os.environ.get("HELM_REPOSITORY_CACHE") or cache_home() / "repository")


def _registry_file() -> Path:
    return Path(os.environ.get("HELM_REGISTRY_CONFIG") or config_home() / "registry" / "config.json")


def _write(path: Path, data: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    temporary.rename(path)


def repositories() -> Repositories:
    """Return the repositories that were added; raises RepositoryInvalid."""
    path = _repositories_file()
    if not path.is_file():
        return []
    try:
        tree = read_yaml(path.read_text(encoding="utf-8"))
    except (YamlError, UnicodeDecodeError, OSError) as error:
        raise RepositoryInvalid(f"{path} cannot be read: {error}") from None
    items = tree.get("repositories") if isinstance(tree, dict) else None
    listed = items if isinstance(items, list) else []
    return [_repository(item) for item in listed if isinstance(item, dict) and item.get("name")]


def _repository(item: dict[str, Any]) -> Repository:
    def text(key: str) -> str:
        return str(item.get(key) or "")

    credentials = Credentials(
        text("username"), text("password"), text("caFile"), text("certFile"), text("keyFile"),
        is_insecure=item.get("insecure_skip_tls_verify") is True, goes_everywhere=item.get("pass_credentials_all") is True,
    )  # fmt: skip
    return Repository(text("name"), text("url"), credentials)


def save_repositories(found: Repositories) -> None:
    """Write repositories.yaml, readable by its owner only."""
    items = [
        {
            "name": r.name, "url": r.url, "username": r.credentials.username, "password": r.credentials.password,
            "caFile": r.credentials.ca_file, "certFile": r.credentials.cert_file, "keyFile": r.credentials.key_file,
            "insecure_skip_tls_verify": r.credentials.is_insecure, "pass_credentials_all": r.credentials.goes_everywhere,
        }
        for r in found
    ]  # fmt: skip
    tree = {"apiVersion": "", "generated": "0001-01-01T00:00:00Z", "repositories": items}
    _write(_repositories_file(), write_yaml(tree).encode(), 0o600)


def repository_named(name: str) -> Repository:
    """Return the repository of a name; raises ChartNotFound."""
    found = next((each for each in repositories() if each.name == name), None)
    if found is None:
        raise ChartNotFound(f"repo {name} not found", fix=f"`pilothouse chart repo add {name} URL` adds it")
    return found


def cached_index(name: str) -> Index:
    """Return the index of a repository as it was at the last update; raises ChartNotFound."""
    path = _cache() / f"{name}-index.yaml"
    try:
        data = path.read_bytes()
    except OSError:
        problem = f"no cached repository for {name} found. (try 'helm repo update'): open {path}: no such file or directory"
        raise ChartNotFound(problem, fix="`pilothouse chart repo update` fetches it") from None
    return read_index(data)


def save_index(name: str, data: bytes, charts: list[str]) -> None:
    """Keep an index and the list of its charts."""
    _write(_cache() / f"{name}-index.yaml", data, 0o644)
    _write(_cache() / f"{name}-charts.txt", "".join(f"{chart}\n" for chart in charts).encode(), 0o644)


def forget_index(name: str) -> None:
    """Remove the cached index of a repository."""
    for suffix in ("-index.yaml", "-charts.txt"):
        (_cache() / f"{name}{suffix}").unlink(missing_ok=True)


def _registries() -> dict[str, Any]:
    try:
        tree = orjson.loads(_registry_file().read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    return tree if isinstance(tree, dict) else {}


def _logins(tree: dict[str, Any]) -> dict[str, Any]:
    found = tree.get("auths")
    return dict(found) if isinstance(found, dict) else {}


def registry_login(host: str) -> tuple[str, str]:
    """Return the name and password kept for a registry, empty when there are none."""
    entry = _logins(_registries()).get(host) or {}
    try:
        pair = base64.b64decode(entry.get("auth") or "", validate=True).decode()
    except (binascii.Error, ValueError, TypeError, AttributeError):
        raise RepositoryInvalid(f"the credentials of {host} in {_registry_file()} are not base64") from None
    name, _, password = pair.partition(":")
    return name, password


def save_login(host: str, username: str, password: str) -> None:
    """Keep the name and password of a registry, readable by the owner only."""
    tree = _registries()
    auth = base64.b64encode(f"{username}:{password}".encode()).decode()
    tree["auths"] = {**_logins(tree), host: {"auth": auth}}
    _write(_registry_file(), orjson.dumps(tree, option=orjson.OPT_INDENT_2), 0o600)


def forget_login(host: str) -> bool:
    """Remove the credentials of a registry; False when there are none."""
    tree = _registries()
    auths = _logins(tree)
    if auths.pop(host, None) is None:
        return False
    _write(_registry_file(), orjson.dumps({**tree, "auths": auths}, option=orjson.OPT_INDENT_2), 0o600)
    return True
