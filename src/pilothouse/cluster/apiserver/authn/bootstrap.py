"""Bootstrap tokens: how a machine that has no credential yet introduces itself.

A token `<id>.<secret>` belongs to the Secret `bootstrap-token-<id>` of type `bootstrap.kubernetes.io/token` in `kube-system`.
Its user is `system:bootstrap:<id>` in the group `system:bootstrappers` and those the Secret adds, which begin with that name.
Expired ones are refused at once; the token cleaner of the workloads removes them. Source: the reference server's rules.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re

from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import AUTHENTICATED, Obj, User
from pilothouse.kit.clock import parse_rfc3339

TYPE = "bootstrap.kubernetes.io/token"
NAMESPACE = "kube-system"
_TOKEN = re.compile(r"([a-z0-9]{6})\.([a-z0-9]{16})")
_GROUP = re.compile(r"system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]")


def bootstrap_user(backend: Backend, token: str) -> User | None:
    """Return the user of a bootstrap token, None when it is none or no longer good."""
    form = _TOKEN.fullmatch(token)
    if form is None:
        return None
    token_id, secret = form.groups()
    found = backend.look("", "secrets", NAMESPACE, f"bootstrap-token-{token_id}")
    if found is None or found.get("type") != TYPE or found["metadata"].get("deletionTimestamp"):
        return None
    is_right = hmac.compare_digest(_text(found, "token-secret").encode(), secret.encode())
    if not is_right or _text(found, "token-id") != token_id or _text(found, "usage-bootstrap-authentication") != "true":
        return None
    groups = _groups(_text(found, "auth-extra-groups"))
    if groups is None or _is_expired(_text(found, "expiration"), backend.clock.now()):
        return None
    return User(f"system:bootstrap:{token_id}", "", (*groups, AUTHENTICATED))


def _text(secret: Obj, key: str) -> str:
    try:
        return base64.b64decode((secret.get("data") or {}).get(key) or "").decode()
    except (binascii.Error, ValueError):
        return ""


def _groups(extra: str) -> list[str] | None:
    """Return all groups in order, None when one of the added ones is not for bootstrapping."""
    added = {group for group in extra.split(",") if group}
    if not all(_GROUP.fullmatch(group) for group in added):
        return None
    return sorted(added | {"system:bootstrappers"})


def _is_expired(expiration: str, now: float) -> bool:
    """Whether the time has passed; one that cannot be read counts as passed."""
    if not expiration:
        return False
    try:
        return now >= parse_rfc3339(expiration)
    except ValueError:
        return True
