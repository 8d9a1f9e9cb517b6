"""Who wants to know what: annotations of the Application and of its project, and subscriptions of the settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import yaml

from pilothouse.api.meta import Tree, annotations_of, metadata
from pilothouse.api.selectors import parse_label_selector
from pilothouse.api.yamltext import check_yaml
from pilothouse.delivery.gitops.notifications.engine.settings import Settings
from pilothouse.kit.errors import PilothouseError

PREFIX = "notifications.argoproj.io"


class Destination(msgspec.Struct, frozen=True):
    """A service and whom it reaches."""

    service: str
    recipient: str = ""


def destinations_of(app: Tree, project: Tree | None, settings: Settings) -> dict[str, list[Destination]]:
    """Return the destinations by trigger, each once."""
    found: dict[str, dict[Destination, None]] = {}
    wanted = [*_defaults(app, settings), *_annotated(annotations_of(app), settings)]
    wanted += _annotated(annotations_of(project), settings) if project is not None else ()
    for trigger, destination in wanted:
        found.setdefault(trigger, {})[destination] = None
    return {trigger: list(each) for trigger, each in sorted(found.items())}


def _defaults(app: Tree, settings: Settings) -> Iterator[tuple[str, Destination]]:
    labels = {str(key): str(value) for key, value in (metadata(app).get("labels") or {}).items()}
    for entry in settings.subscriptions:
        if entry.selector and not _matches(entry.selector, labels):
            continue
        for trigger in entry.triggers or settings.default_triggers:
            for recipient in entry.recipients:
                service, _, whom = recipient.partition(":")
                yield trigger, Destination(service, whom)


def _matches(selector: str, labels: Mapping[str, str]) -> bool:
    try:
        return parse_label_selector(selector).matches(labels)
    except PilothouseError:
        return False


def _annotated(annotations: Mapping[str, Any], settings: Settings) -> Iterator[tuple[str, Destination]]:
    for key, value in annotations.items():
        if key.startswith(f"{PREFIX}/subscribe."):
            parts = key.removeprefix(f"{PREFIX}/subscribe.").split(".")
            trigger, service = (parts[0], parts[1]) if len(parts) > 1 else ("", parts[0])
            yield from _each(trigger, service, _recipients(str(value)), settings)
        elif key in {f"{PREFIX}/subscriptions", f"{PREFIX}/subscribe_yaml"}:
            yield from _listed(str(value), settings)


def _listed(text: str, settings: Settings) -> Iterator[tuple[str, Destination]]:
    """Return what a list of `{trigger: [...], destinations: [{service, recipients}]}` subscribes to."""
    try:
        check_yaml(text)
        entries = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return
    for entry in entries if isinstance(entries, list) else ():
        triggers = (entry.get("trigger") or [""]) if isinstance(entry, dict) else ()
        for destination in (entry.get("destinations") or ()) if isinstance(entry, dict) else ():
            if isinstance(destination, dict) and destination.get("service"):
                recipients = [str(each) for each in destination.get("recipients") or [""]]
                for trigger in triggers:
                    yield from _each(str(trigger), str(destination["service"]), recipients, settings)


def _each(trigger: str, service: str, recipients: list[str], settings: Settings) -> Iterator[tuple[str, Destination]]:
    triggers = (trigger,) if trigger else settings.service_triggers.get(service, settings.default_triggers)
    for recipient in recipients:
        for each in triggers:
            yield each, Destination(service, recipient)


def _recipients(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()] if text else [""]
