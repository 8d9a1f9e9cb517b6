"""Whether a request is the forge's own: signatures and tokens, compared in constant time, with the secrets of `argocd-secret`.

As in Argo CD, a forge no secret is set for is believed: a push only makes us look at the repository.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping


def is_genuine(provider: str, headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str]) -> bool:
    """Whether a request (header names in small letters) fits the secrets (`webhook.github.secret`, ...)."""
    if provider == "azuredevops":
        return _has_login(headers, secrets)
    key = {"bitbucket": "uuid"}.get(provider, "secret")
    name = "gogs" if provider == "gitea" and "webhook.gitea.secret" not in secrets else provider
    secret = secrets.get(f"webhook.{name}.{key}", "")
    if not secret:
        return True
    if provider == "gitlab":
        return _same(headers.get("x-gitlab-token", ""), secret)
    if provider == "bitbucket":
        return _same(headers.get("x-hook-uuid", "").strip("{}"), secret.strip("{}"))
    return _is_signed(provider, headers, body, secret)


def _is_signed(provider: str, headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    names = {"gitea": "x-gitea-signature", "gogs": "x-gogs-signature", "bitbucketserver": "x-hub-signature"}
    given = headers.get(names.get(provider, "x-hub-signature-256"), "")
    if provider == "github" and not given:
        return _same(headers.get("x-hub-signature", ""), f"sha1={_digest('sha1', secret, body)}")
    return _same(given.removeprefix("sha256=").lower(), _digest("sha256", secret, body))


def _digest(algorithm: str, secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, getattr(hashlib, algorithm)).hexdigest()


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))


def _has_login(headers: Mapping[str, str], secrets: Mapping[str, str]) -> bool:
    name, password = (secrets.get(f"webhook.azuredevops.{key}", "") for key in ("username", "password"))
    if not name and not password:
        return True
    kind, _, text = headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return False
    return kind.lower() == "basic" and _same(given, f"{name}:{password}")
