"""The manager: what all controllers of one process share, and their common life.

It owns the client, the clock, the metrics and one informer per scope; controllers are added to it and started together once
their caches are complete. Stopping goes the other way round.
"""

from __future__ import annotations

import logging

from pilothouse.kit.aio import Service, run_all
from pilothouse.kit.clock import Clock, Entropy
from pilothouse.kit.faults import Faults
from pilothouse.kit.metrics import MetricsRegistry
from pilothouse.sdk.client import Client
from pilothouse.sdk.controller import Controller
from pilothouse.sdk.informer import Informer, Scope
from pilothouse.sdk.kinds import Kind
from pilothouse.sdk.reconcile import Reconciler
from pilothouse.sdk.recorder import Recorder

logger = logging.getLogger("pilothouse.sdk.manager")


class Manager:
    """Shared parts and the list of what runs."""

    def __init__(
        self, client: Client, *, clock: Clock, entropy: Entropy, metrics: MetricsRegistry, faults: Faults | None = None
    ) -> None:
        """Work against the API server behind `client`."""
        self.client, self.clock, self.entropy, self.metrics = client, clock, entropy, metrics
        self.faults = faults or Faults()
        self._informers: dict[Scope, Informer] = {}
        self._services: list[Service] = []
        self._recorders: dict[str, Recorder] = {}
        self._is_started = False

    def informer(self, kind: Kind, *, namespace: str = "", labels: str = "", fields: str = "") -> Informer:
        """Return the shared informer of a scope; it runs once somebody starts it."""
        scope = Scope(kind, namespace, labels, fields)
        informer = self._informers.get(scope)
        if informer is None:
            informer = self._informers[scope] = Informer(self.client, scope, self.clock, self.entropy)
        return informer

    def controller(self, name: str, reconciler: Reconciler, *, workers: int = 4) -> Controller:
        """Return a new controller that starts with the manager."""
        controller = Controller(name, reconciler, self.clock, self.metrics, workers=workers)
        self.add(controller)
        return controller

    def recorder(self, component: str, *, field_manager: str = "") -> Recorder:
        """Return the event recorder of `component`, which writes as `field_manager`, or under its own name."""
        recorder = self._recorders.get(component)
        if recorder is None:
            client = self.client.named(field_manager or component)
            recorder = self._recorders[component] = Recorder(client, component, self.clock, self.entropy)
        return recorder

    def add(self, service: Service) -> None:
        """Have `service` started and stopped with the manager."""
        self._services.append(service)

    def health(self) -> dict[str, float]:
        """Return seconds of silence by watched resource, for the health endpoint."""
        return {informer.scope.kind.resource_name: informer.silence_s for informer in self._informers.values()}

    async def start(self) -> None:
        """Start everything added so far; returns when all of it is ready."""
        await run_all(service.start() for service in self._services)
        self._is_started = True

    async def stop(self) -> None:
        """Stop controllers, then informers and recorders."""
        for service in reversed(self._services):
            await service.stop()
        for informer in self._informers.values():
            await informer.stop()
        for recorder in self._recorders.values():
            await recorder.stop()
