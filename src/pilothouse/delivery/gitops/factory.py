"""What GitOps declares about itself, and how it starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pilothouse.delivery.gitops.config import GitOpsConfig
from pilothouse.delivery.gitops.types import definitions
from pilothouse.delivery.gitops.types.tracking import METHODS
from pilothouse.kit.aio import Service
from pilothouse.kit.registry import Capability
from pilothouse.sdk.manager import Manager

if TYPE_CHECKING:
    from pilothouse.delivery.gitops.engine.webhooks import Push


async def start(manager: Manager, config: GitOpsConfig) -> Service:
    """Add the controller to `manager`; it runs when the manager starts."""
    from pathlib import Path

    from pilothouse.delivery.gitops.adapters.git import GitMirrors, Limits
    from pilothouse.delivery.gitops.adapters.health.assembling import judging
    from pilothouse.delivery.gitops.adapters.lua.worker import LuaWorker
    from pilothouse.delivery.gitops.applicationsets.assembling import application_sets
    from pilothouse.delivery.gitops.controller import ApplicationController
    from pilothouse.delivery.gitops.notifications.controller import NotificationController

    config = await _with_tracking(manager, config)
    limits = Limits(config.fetch_timeout_s, config.max_repository_bytes)
    mirrors = GitMirrors(Path(config.data_dir) / "git", manager.clock, allow_local=config.allow_local, limits=limits)
    worker = LuaWorker(manager.clock)
    judge, board = judging(manager, config, worker)
    controller = ApplicationController(
        manager, mirrors, config, judge=judge.health_of, ignored=lambda: judge.scripts.ignored_differences
    )
    judge.on_change(controller.look_again)
    board.on_change(controller.judge_again)
    sets = application_sets(manager, mirrors, config)
    controller.on_news.append(sets.news)
    manager.add(controller)
    manager.add(_Ending(worker.close))
    manager.add(sets)
    NotificationController(manager, config.namespace or "argocd")
    if config.webhook_port:
        from pilothouse.delivery.gitops.adapters.sources.webhook import WebhookReceiver

        def announced(push: Push, home: str) -> int:
            return controller.announced(push, home) + sets.announced(push, home)

        manager.add(WebhookReceiver(manager, config, announced, sets.pull_changed))
    return manager


async def _with_tracking(manager: Manager, config: GitOpsConfig) -> GitOpsConfig:
    """Return the settings with the way of tracking that argocd-cm asks for; another one counts from the next start on."""
    import msgspec

    from pilothouse.kit.errors import PilothouseError
    from pilothouse.sdk.kinds import CONFIG_MAP

    try:
        found = await manager.client.get(CONFIG_MAP, "argocd-cm", config.namespace or "argocd")
    except PilothouseError:
        return config
    method = (found.get("data") or {}).get("application.resourceTrackingMethod")
    return msgspec.structs.replace(config, tracking=method) if method in METHODS else config


class _Ending:
    """What was started on demand, and ends with the manager."""

    def __init__(self, close: Callable[[], None]) -> None:
        self._close = close

    async def start(self) -> None:
        """Start nothing: the first use does."""

    async def stop(self) -> None:
        """End it."""
        self._close()


CAPABILITY = Capability(
    id="delivery.gitops",
    summary="Argo CD Applications: Git to cluster in phases and waves, with health, pruning and self-healing",
    stability="alpha",
    kinds=(
        "argoproj.io/v1alpha1/Application",
        "argoproj.io/v1alpha1/ApplicationSet",
        "argoproj.io/v1alpha1/AppProject",
    ),
    config=GitOpsConfig,
    crds=definitions,
    start=start,
    requires="gitops",
)
