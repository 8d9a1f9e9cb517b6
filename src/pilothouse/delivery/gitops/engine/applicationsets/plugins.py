"""What a `plugin` generator is told of its plugin: a ConfigMap with a URL and the key of a token."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from pilothouse.delivery.gitops.errors import GeneratorFailed

_OWN_SECRET = "argocd-secret"
_FROM = "error getting plugin from generator"
DEFAULT_TIMEOUT_S = 30


class Plugin(msgspec.Struct, frozen=True):
    """Where a plugin answers, and what it is shown."""

    url: str
    token: str
    timeout_s: int = DEFAULT_TIMEOUT_S


def read_plugin(
    name: str, data: Mapping[str, str] | None, namespace: str, secret: Callable[[str], Mapping[str, str] | None]
) -> Plugin:
    """Return the plugin of a ConfigMap (None: there is none); `secret` gives the data of a Secret. Raises `GeneratorFailed`."""
    if data is None:
        raise GeneratorFailed(f'{_FROM}: error fetching ConfigMap: configmaps "{name}" not found')
    for key in ("baseUrl", "token"):
        if not data.get(key):
            raise GeneratorFailed(f"{_FROM}: error fetching ConfigMap: {key} not found in ConfigMap")
    reference = data["token"]
    if not reference.startswith("$"):
        text = "token is empty, or does not reference a secret key starting with '$'"
        raise GeneratorFailed(f"{_FROM}: error fetching Secret token: {text}: {reference}")
    where, colon, key = reference[1:].partition(":")
    where, key = (where, key) if colon else (_OWN_SECRET, where)
    found = secret(where)
    if found is None:
        text = f'error fetching secret {namespace}/{where}: secrets "{where}" not found'
        raise GeneratorFailed(f"{_FROM}: error fetching Secret token: {text}")
    timeout = data.get("requestTimeout", str(DEFAULT_TIMEOUT_S))
    if not timeout.isdecimal():
        raise GeneratorFailed(f"{_FROM}: error set requestTimeout : {timeout!r} is not a number of seconds")
    return Plugin(data["baseUrl"].rstrip("/"), found.get(key, reference), int(timeout))
