"""What a notification says: the texts of its templates, filled in and laid over each other in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.errors import NotificationInvalid
from pilothouse.delivery.gitops.notifications.engine.settings import Service, Settings

Fill = Callable[[str, Any], str]
"""Fills a Go template; raises `PilothouseError`."""
_PARTS = ("message", "email", "slack", "teams", "webhook")


def message_of(names: tuple[str, ...], settings: Settings, service: Service, variables: Mapping[str, Any], fill: Fill) -> Tree:
    """Return the filled templates, those parts that the service uses; raises `NotificationInvalid`."""
    found: Tree = {}
    for name in names:
        template = settings.templates.get(name)
        if template is None:
            raise NotificationInvalid(f"template '{name}' is not configured")
        for part in _PARTS:
            if part in template and part in {"message", service.type}:
                value = template[part]
                if part == "webhook":
                    value = value.get(service.name) if isinstance(value, dict) else None
                found[part] = _laid(found.get(part), _filled(value, variables, fill))
    return found


def variables_for(app: Tree, settings: Settings, service: Service, recipient: str) -> Tree:
    """Return what a template sees."""
    return {
        "app": app, "context": dict(settings.context), "secrets": dict(settings.secrets), "serviceType": service.type,
        "recipient": recipient,
    }  # fmt: skip


def _filled(value: Any, variables: Mapping[str, Any], fill: Fill) -> Any:
    if isinstance(value, str):
        return fill(value, variables) if "{{" in value else value
    if isinstance(value, dict):
        return {str(key): _filled(each, variables, fill) for key, each in value.items()}
    return value


def _laid(before: Any, after: Any) -> Any:
    """Return one template over another: what the later one leaves empty stays."""
    if isinstance(before, dict) and isinstance(after, dict):
        return before | {key: value for key, value in after.items() if value not in (None, "")}
    return after or before
