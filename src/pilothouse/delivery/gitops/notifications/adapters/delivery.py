"""Takes a message to the service that delivers it."""

from __future__ import annotations

from functools import partial

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.errors import NotificationInvalid
from pilothouse.delivery.gitops.notifications.adapters import chat, mail, webhook
from pilothouse.delivery.gitops.notifications.engine.settings import Service
from pilothouse.kit.aio import Threads
from pilothouse.kit.clock import Clock

_MAILS_AT_ONCE = 2


class Delivery:
    """Delivers."""

    def __init__(self, clock: Clock) -> None:
        """Wait on `clock` between two tries."""
        self._clock, self._threads = clock, Threads("mail", _MAILS_AT_ONCE)

    async def deliver(self, service: Service, recipient: str, message: Tree) -> None:
        """Return when the message was taken; raises `NotificationFailed` or `NotificationInvalid`."""
        if service.type == "webhook":
            await webhook.deliver(service, message, self._clock)
        elif service.type == "slack":
            await chat.deliver_to_slack(service, recipient, message)
        elif service.type == "teams":
            await chat.deliver_to_teams(service, recipient, message)
        elif service.type == "email":
            await self._threads.run(partial(mail.deliver, service, recipient, message))
        else:
            raise NotificationInvalid(f"a service {service.type} is not supported")
