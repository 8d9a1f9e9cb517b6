"""The services `slack` (and all that speak its chat.postMessage) and `teams` (message cards to incoming webhooks)."""

from __future__ import annotations

import json
from typing import Any

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.errors import NotificationFailed, NotificationInvalid
from pilothouse.delivery.gitops.notifications.adapters import http
from pilothouse.delivery.gitops.notifications.engine.settings import Service

_SLACK_API = "https://slack.com/api"
_CARD = {"@type": "MessageCard", "context": "https://schema.org/extensions"}


async def deliver_to_slack(service: Service, recipient: str, message: Tree) -> None:
    """Post a message to a channel; raises `NotificationFailed`."""
    options, own = service.options, message.get("slack") or {}
    body: Tree = {"channel": recipient, "text": str(message.get("message") or "")}
    for name in ("attachments", "blocks"):
        if own.get(name):
            body[name] = _json(f"slack.{name}", own[name])
    username, icon = own.get("username") or options.get("username"), own.get("icon") or options.get("icon")
    if username:
        body["username"] = username
    if icon:
        body["icon_emoji" if str(icon).startswith(":") else "icon_url"] = icon
    if options.get("disableUnfurl") is True:
        body |= {"unfurl_links": False, "unfurl_media": False}
    url = f"{str(options.get('apiURL') or _SLACK_API).rstrip('/')}/chat.postMessage"
    headers = {"content-type": "application/json; charset=utf-8", "authorization": f"Bearer {options.get('token') or ''}"}
    status, answer = await http.send(
        "POST", url, json.dumps(body).encode(), headers, is_insecure=options.get("insecureSkipVerify") is True
    )
    http.check("slack", status, answer)
    said = _read(answer)
    if said.get("ok") is not True:
        raise NotificationFailed(f"slack refuses the message: {said.get('error') or 'no reason given'}")


async def deliver_to_teams(service: Service, recipient: str, message: Tree) -> None:
    """Post a message card to the webhook of a channel; raises `NotificationFailed`."""
    urls = service.options.get("recipientUrls")
    url = urls.get(recipient) if isinstance(urls, dict) else None
    if not url:
        raise NotificationInvalid(f"service teams has no recipientUrls entry for {recipient!r}")
    body = _card(message)
    insecure = service.options.get("insecureSkipVerify") is True
    status, answer = await http.send("POST", str(url), body, {"content-type": "application/json"}, is_insecure=insecure)
    http.check("teams", status, answer)
    if answer not in {b"", b"1"} and b"error" in answer.lower():
        raise NotificationFailed(f"teams refuses the message: {answer[:200].decode('utf-8', 'replace')}")


def _card(message: Tree) -> bytes:
    own = message.get("teams") or {}
    if own.get("template"):
        return str(own["template"]).encode()
    card: Tree = {**_CARD, "title": "", "summary": "", "text": str(message.get("message") or "")}
    card |= {name: str(own[name]) for name in ("title", "summary", "text", "themeColor") if own.get(name)}
    sections = _json("teams.sections", own["sections"]) if own.get("sections") else []
    if own.get("facts"):
        sections = [*sections, {"facts": _json("teams.facts", own["facts"])}]
    if sections:
        card["sections"] = sections
    if own.get("potentialAction"):
        card["potentialAction"] = _json("teams.potentialAction", own["potentialAction"])
    return json.dumps(card).encode()


def _json(what: str, text: Any) -> Any:
    try:
        found = json.loads(str(text))
    except (ValueError, RecursionError) as error:
        raise NotificationInvalid(f"{what} of the template is not JSON: {error}") from None
    if not isinstance(found, list):
        raise NotificationInvalid(f"{what} of the template is not a list")
    return found


def _read(answer: bytes) -> Tree:
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
