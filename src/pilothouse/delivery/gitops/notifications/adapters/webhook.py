"""The service `webhook`: any HTTP request, with headers, basic authentication and further tries."""

from __future__ import annotations

import base64
from typing import Any

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.errors import NotificationFailed
from pilothouse.delivery.gitops.notifications.adapters import http
from pilothouse.delivery.gitops.notifications.engine.settings import Service
from pilothouse.delivery.gitops.types.application import seconds
from pilothouse.kit.clock import Clock

_WAIT_S, _MAX_WAIT_S, _TRIES, _MAX_TRIES = 1.0, 5.0, 3, 10


async def deliver(service: Service, message: Tree, clock: Clock) -> None:
    """Send a message; raises `NotificationFailed` after the last try."""
    options, own = service.options, message.get("webhook") or {}
    url = str(options.get("url") or "")
    if own.get("path"):
        url = f"{url.rstrip('/')}/{str(own['path']).lstrip('/')}"
    method = str(own.get("method") or "GET")
    body = str((own.get("body") if own else message.get("message")) or "")
    tries = min(int(options.get("retryMax") or _TRIES), _MAX_TRIES)
    wait_s, longest_s = seconds(options.get("retryWaitMin"), _WAIT_S), seconds(options.get("retryWaitMax"), _MAX_WAIT_S)
    for attempt in range(tries + 1):
        is_last = attempt == tries
        try:
            status, answer = await http.send(
                method, url, body.encode(), _headers(options), is_insecure=options.get("insecureSkipVerify") is True
            )
        except NotificationFailed:
            if is_last:
                raise
        else:
            if is_last or not (status == 429 or (status >= 500 and status != 501)):
                http.check(service.name, status, answer)
                return
        await clock.sleep(min(wait_s * 2**attempt, longest_s))


def _headers(options: dict[str, Any]) -> dict[str, str]:
    listed = options.get("headers") if isinstance(options.get("headers"), list) else []
    found = {str(each.get("name")): str(each.get("value") or "") for each in listed or () if isinstance(each, dict)}
    auth = options.get("basicAuth")
    if isinstance(auth, dict):
        pair = f"{auth.get('username') or ''}:{auth.get('password') or ''}"
        found["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return found
