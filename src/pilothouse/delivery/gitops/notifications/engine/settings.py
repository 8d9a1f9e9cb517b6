"""What `argocd-notifications-cm` says, with the references to `argocd-notifications-secret` filled in.

An entry that cannot be read is a problem that is told; the others work.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
import yaml

from pilothouse.api.meta import Tree
from pilothouse.api.yamltext import check_yaml
from pilothouse.delivery.gitops.notifications.engine.expressions import Expression, ExpressionError, compile_expression

CONFIG, SECRET = "argocd-notifications-cm", "argocd-notifications-secret"
SERVICES = ("webhook", "slack", "email", "teams")
_REFERENCE = re.compile(r"\$[\w-]+")


class Condition(msgspec.Struct, frozen=True):
    """One condition of a trigger."""

    when: str
    holds: Expression
    send: tuple[str, ...]
    once_per: Expression | None = None


class Service(msgspec.Struct, frozen=True):
    """Something that delivers."""

    name: str
    type: str
    options: dict[str, Any]


class Default(msgspec.Struct, frozen=True):
    """A subscription for all Applications, or those with some labels."""

    recipients: tuple[str, ...]
    triggers: tuple[str, ...] = ()
    selector: str = ""


class Settings(msgspec.Struct, frozen=True):
    """All of it."""

    triggers: dict[str, tuple[Condition, ...]] = {}
    templates: dict[str, Tree] = {}
    services: dict[str, Service] = {}
    default_triggers: tuple[str, ...] = ()
    service_triggers: dict[str, tuple[str, ...]] = {}
    subscriptions: tuple[Default, ...] = ()
    context: dict[str, str] = {}
    secrets: dict[str, str] = {}
    problems: tuple[str, ...] = ()


def read_settings(data: Mapping[str, Any], secrets: Mapping[str, str]) -> Settings:
    """Return the settings in the data of the ConfigMap; `secrets` is the Secret's data in plain text."""
    return _Reader(secrets).read(data)


class _Reader:
    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets, self._problems = dict(secrets), list[str]()

    def read(self, data: Mapping[str, Any]) -> Settings:
        triggers: dict[str, tuple[Condition, ...]] = {}
        templates: dict[str, Tree] = {}
        services: dict[str, Service] = {}
        by_service: dict[str, tuple[str, ...]] = {}
        for key, value in sorted(data.items()):
            kind, _, name = key.partition(".")
            if kind == "trigger":
                triggers[name] = self._trigger(key, value)
            elif kind == "template":
                templates[name] = self._map(key, value)
            elif kind == "service":
                service = self._service(key, name, value)
                services |= {service.name: service} if service is not None else {}
            elif kind == "defaultTriggers" and name:
                by_service[name] = tuple(map(str, self._list(key, value)))
        context = {str(name): str(value) for name, value in self._map("context", data.get("context")).items()}
        default = tuple(map(str, self._list("defaultTriggers", data.get("defaultTriggers"))))
        subscriptions = tuple(self._subscriptions(data.get("subscriptions")))
        return Settings(
            triggers, templates, services, default, by_service, subscriptions, context, self._secrets, tuple(self._problems)
        )

    def _yaml(self, key: str, value: Any) -> Any:
        try:
            check_yaml(str(value or ""))
            return yaml.safe_load(str(value)) if value else None
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            self._problems.append(f"{key} is not YAML: {str(error).splitlines()[0]}")
            return None

    def _map(self, key: str, value: Any) -> Tree:
        found = self._yaml(key, value)
        if found is not None and not isinstance(found, dict):
            self._problems.append(f"{key} is not a map")
        return found if isinstance(found, dict) else {}

    def _list(self, key: str, value: Any) -> list[Any]:
        found = self._yaml(key, value)
        if found is not None and not isinstance(found, list):
            self._problems.append(f"{key} is not a list")
        return found if isinstance(found, list) else []

    def _trigger(self, key: str, value: Any) -> tuple[Condition, ...]:
        found = []
        for entry in self._list(key, value):
            if not isinstance(entry, dict):
                self._problems.append(f"{key} has a condition that is no map")
                continue
            when, once_per = str(entry.get("when") or ""), str(entry.get("oncePer") or "")
            when = when.lower() if isinstance(entry.get("when"), bool) else when
            try:
                holds = compile_expression(when or "false")
                once = compile_expression(once_per) if once_per else None
            except ExpressionError as error:
                self._problems.append(f"{key}: {error}")
                holds, once = compile_expression("false"), None  # its place counts for what is remembered of the others
            found.append(Condition(when, holds, tuple(map(str, entry.get("send") or ())), once))
        return tuple(found)

    def _service(self, key: str, name: str, value: Any) -> Service | None:
        kind, _, given = name.partition(".")
        if kind not in SERVICES:
            self._problems.append(f"{key}: a service {kind} is not supported; there are {', '.join(SERVICES)}")
            return None
        return Service(given or kind, kind, self._filled(key, self._map(key, value)))

    def _filled(self, key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {str(name): self._filled(key, each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._filled(key, each) for each in value]
        return _REFERENCE.sub(lambda found: self._secret(key, found[0]), value) if isinstance(value, str) else value

    def _secret(self, key: str, reference: str) -> str:
        found = self._secrets.get(reference[1:])
        if found is None:
            self._problems.append(f"{key} names {reference}, which {SECRET} does not have")
        return reference if found is None else found.rstrip("\n")

    def _subscriptions(self, value: Any) -> list[Default]:
        found = []
        for entry in self._list("subscriptions", value):
            if isinstance(entry, dict):
                recipients, triggers = entry.get("recipients") or (), entry.get("triggers") or ()
                found.append(Default(tuple(map(str, recipients)), tuple(map(str, triggers)), str(entry.get("selector") or "")))
        return found
