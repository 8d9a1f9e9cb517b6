"""Tells who wants to know what becomes of Applications, each thing once."""

from __future__ import annotations

import json
import logging

from pilothouse.api.meta import Tree, annotations_of, name_of, namespace_of
from pilothouse.delivery.gitops.adapters.gotemplates import text_renderer
from pilothouse.delivery.gitops.adapters.projects import PROJECT
from pilothouse.delivery.gitops.applications.store import APPLICATION
from pilothouse.delivery.gitops.notifications.adapters.configuration import Configuration
from pilothouse.delivery.gitops.notifications.adapters.delivery import Delivery
from pilothouse.delivery.gitops.notifications.engine.expressions import variables_of
from pilothouse.delivery.gitops.notifications.engine.messages import message_of, variables_for
from pilothouse.delivery.gitops.notifications.engine.settings import Settings
from pilothouse.delivery.gitops.notifications.engine.subscriptions import destinations_of
from pilothouse.delivery.gitops.notifications.engine.triggers import NOTIFIED, Due, decide, is_settled, notified, remembered
from pilothouse.kit.errors import NotFound, PilothouseError
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Request, Result

AGAIN_S = 60.0
"""How long until a failed delivery is tried again, and until conditions about time are looked at again."""
_MAX_TOLD = 1000
logger = logging.getLogger("pilothouse.gitops.notifications")


class NotificationController:
    """One reconciler for all Applications."""

    def __init__(self, manager: Manager, namespace: str) -> None:
        """Take the settings from `namespace`."""
        self._clock, self._client = manager.clock, manager.client.named("argocd-notifications-controller")
        self._apps, self._projects = manager.informer(APPLICATION), manager.informer(PROJECT)
        self._recorder = manager.recorder("argocd-notifications-controller")
        self._delivery = Delivery(manager.clock)
        self._fill = text_renderer("notification", manager.clock, manager.entropy)
        self._told: set[str] = set()
        labels = ["trigger", "service", "succeeded"]
        help_text = "Deliveries of notifications by trigger and service."
        self._deliveries = manager.metrics.counter("argocd_notifications_deliveries_total", help_text, labels)
        self._configuration = Configuration(manager, namespace, self._everyone)
        manager.add(self._configuration)
        self._controller = manager.controller("notifications", self.reconcile)
        self._controller.watch(self._apps)
        self._controller.watch(self._projects, self._members)

    def _everyone(self) -> None:
        self._told.clear()
        for key in self._apps.cache.keys():  # noqa: SIM118 - a Cache is no mapping
            self._controller.enqueue(Request(key.namespace, key.name))

    def _members(self, project: Tree) -> list[Request]:
        found = (app for app in self._apps.cache.list() if _project_of(app) == name_of(project))
        return [Request(namespace_of(app), name_of(app)) for app in found]

    async def reconcile(self, request: Request) -> Result | None:
        """Send what is due for one Application."""
        app, settings = self._apps.cache.get(request.name, request.namespace), self._configuration.settings
        if app is None or not self._configuration.is_known or not is_settled(app):
            return None
        wanted = destinations_of(app, self._project(app), settings)
        if not wanted:
            return None
        known = notified(app)
        decision = decide(wanted, settings, variables_of(app, self._clock.now()), known)
        for problem in decision.problems:
            self._complain(app, problem)
        sent = [due.key for due in decision.due if await self._send(app, due, settings)]
        if sent or decision.over:
            await self._remember(app, remembered(known, sent, decision.over, self._clock.now()))
        is_timed = any("time.Now" in each.when for name in wanted for each in settings.triggers.get(name, ()))
        return Result(requeue_after_s=AGAIN_S) if is_timed or len(sent) < len(decision.due) else None

    def _project(self, app: Tree) -> Tree | None:
        named = [tree for tree in self._projects.cache.list() if name_of(tree) == _project_of(app)]
        own = [tree for tree in named if namespace_of(tree) == namespace_of(app)]
        return next(iter(own or named), None)

    async def _send(self, app: Tree, due: Due, settings: Settings) -> bool:
        """Return whether a notification went out."""
        to = due.destination
        service = settings.services.get(to.service)
        try:
            if service is None:
                raise NotFound(f"notification service '{to.service}' is not supported or not configured")
            message = message_of(
                due.templates, settings, service, variables_for(app, settings, service, to.recipient), self._fill
            )
            await self._delivery.deliver(service, to.recipient, message)
        except PilothouseError as error:
            self._complain(app, f"{due.trigger} is not delivered to {to.service}:{to.recipient}: {error.message}")
            self._deliveries.inc(due.trigger, to.service, "false")
            return False
        logger.info("told %s:%s about %s/%s: %s", to.service, to.recipient, namespace_of(app), name_of(app), due.trigger)
        self._deliveries.inc(due.trigger, to.service, "true")
        return True

    def _complain(self, app: Tree, problem: str) -> None:
        """Say once what is wrong, in the log and as an Event."""
        text = f"{namespace_of(app)}/{name_of(app)}: {problem}"
        if text not in self._told and len(self._told) < _MAX_TOLD:
            self._told.add(text)
            logger.warning("%s", text)
            self._recorder.warning(app, "NotificationFailed", problem)

    async def _remember(self, app: Tree, state: dict[str, int]) -> None:
        value = json.dumps(state, separators=(",", ":")) if state else None
        if value == annotations_of(app).get(NOTIFIED):
            return
        patch = {"metadata": {"annotations": {NOTIFIED: value}}}
        try:
            self._apps.observe(await self._client.patch(APPLICATION, name_of(app), namespace_of(app), patch))
        except NotFound:
            return


def _project_of(app: Tree) -> str:
    return str((app.get("spec") or {}).get("project") or "default")
