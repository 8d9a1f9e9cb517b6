"""Tokens, passwords and certificates for forges, from the Secrets and ConfigMaps that generators name."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Protocol

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.adapters.scm.http import Access
from pilothouse.delivery.gitops.errors import GeneratorFailed


class Lookup(Protocol):
    """Reads Secrets and ConfigMaps."""

    async def secret(self, name: str, namespace: str) -> dict[str, str] | None:
        """Return the data of a Secret as text, None when there is none."""

    async def config_map(self, name: str, namespace: str) -> dict[str, str] | None:
        """Return the data of a ConfigMap, None when there is none."""


async def access_of(spec: Tree, style: str, lookup: Lookup, namespace: str) -> Access:
    """Return how a forge is reached; `style` is how it wants tokens: Bearer, token, private or basic."""
    headers = await _headers(spec, style, lookup, namespace)
    return Access(tuple(headers.items()), await _authority(spec, lookup, namespace), bool(spec.get("insecure")))


async def _headers(spec: Tree, style: str, lookup: Lookup, namespace: str) -> dict[str, str]:
    bearer, basic = spec.get("bearerToken") or {}, spec.get("basicAuth") or {}
    if bearer.get("tokenRef"):
        return {"authorization": f"Bearer {await _value(bearer['tokenRef'], lookup, namespace)}"}
    if basic.get("passwordRef"):
        return _basic(str(basic.get("username") or ""), await _value(basic["passwordRef"], lookup, namespace))
    if spec.get("appPasswordRef"):
        return _basic(str(spec.get("user") or ""), await _value(spec["appPasswordRef"], lookup, namespace))
    reference = spec.get("tokenRef") or spec.get("accessTokenRef")
    if not reference:
        return {}
    token = await _value(reference, lookup, namespace)
    if style == "basic":
        return _basic("", token)
    return {"private-token": token} if style == "private" else {"authorization": f"{style} {token}"}


def _basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


async def _value(reference: Mapping[str, Any], lookup: Lookup, namespace: str) -> str:
    name, key = str(reference.get("secretName") or ""), str(reference.get("key") or "")
    data = await lookup.secret(name, namespace)
    if data is None:
        raise GeneratorFailed(f"error fetching Secret token: there is no Secret {namespace}/{name}")
    if key not in data:
        raise GeneratorFailed(f"error fetching Secret token: key {key!r} of Secret {namespace}/{name} not found")
    return data[key].strip()


async def _authority(spec: Tree, lookup: Lookup, namespace: str) -> str:
    reference = spec.get("caRef")
    if not reference:
        return ""
    name, key = str(reference.get("configMapName") or ""), str(reference.get("key") or "")
    data = await lookup.config_map(name, namespace)
    if data is None or key not in data:
        raise GeneratorFailed(f"error fetching CA certificates: key {key!r} of ConfigMap {namespace}/{name} not found")
    return data[key]
