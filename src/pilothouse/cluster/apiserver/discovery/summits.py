"""The OpenAPI documents above group versions: `api`, `apis`, one for each group, and the paths outside of groups.

`documents` lists and serves them; they describe one GET each.
"""

from __future__ import annotations

from typing import Any

from pilothouse.api.scheme import Scheme
from pilothouse.cluster.apiserver.discovery.paths import META, responses

_OUTSIDE = {
    ".well-known/openid-configuration": (
        "/.well-known/openid-configuration/", "WellKnown", "getServiceAccountIssuerOpenIDConfiguration",
    ),
    "openid/v1/jwks": ("/openid/v1/jwks/", "openid", "getServiceAccountIssuerOpenIDKeyset"),
    "version": ("/version/", "version", "getCodeVersion"),
}  # fmt: skip
_NOTHING = {"200": {"description": "OK"}, "401": {"description": "Unauthorized"}}


def summit_names(scheme: Scheme) -> list[str]:
    """Return the names of the documents."""
    return [*_OUTSIDE, "api", "apis", *(f"apis/{group}" for group in scheme.groups if group)]


def summit(name: str) -> tuple[dict[str, Any], list[str]]:
    """Return (the paths of a document, the schemas they speak of)."""
    if name in _OUTSIDE:
        path, tag, operation = _OUTSIDE[name]
        return {path: {"get": {"tags": [tag], "operationId": operation, "responses": _NOTHING}}}, []
    kind = {"api": "APIVersions", "apis": "APIGroupList"}.get(name, "APIGroup")
    tag = {"api": "core"}.get(name, name.partition("/")[2].replace(".", "_") or "apis")
    stem = "".join(part.capitalize() for part in tag.split("_") if part != "k8s" and part != "io") if "/" in name else ""
    operation = {"api": "getCoreAPIVersions", "apis": "getAPIVersions"}.get(name, f"get{stem}APIGroup")
    text = {"api": "get available API versions", "apis": "get available API versions"}.get(name, "get information of a group")
    get = {"tags": [tag], "description": text, "operationId": operation, "responses": responses(META + kind)}
    return {f"/{name}/": {"get": get}}, [META + kind]
