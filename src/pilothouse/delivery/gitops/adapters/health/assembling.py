"""Puts the judge together: probes, the scripts of argocd-cm, and the own rules."""

from __future__ import annotations

from pathlib import Path

from pilothouse.delivery.gitops.adapters.health.asking import Asker
from pilothouse.delivery.gitops.adapters.health.board import ProbeBoard
from pilothouse.delivery.gitops.adapters.health.judge import Judge, watch_customizations
from pilothouse.delivery.gitops.adapters.lua.worker import LuaWorker
from pilothouse.delivery.gitops.config import GitOpsConfig
from pilothouse.sdk.manager import Manager


def judging(manager: Manager, config: GitOpsConfig, worker: LuaWorker) -> tuple[Judge, ProbeBoard]:
    """Return the judge and the probes it asks first; both follow argocd-cm, and the probes end with the manager."""
    folder = Path(config.health_probes_dir or Path(config.data_dir) / "health-probes")
    asker = Asker(manager.clock, manager.metrics, folder, config.probe_hosts)
    board = ProbeBoard(asker, manager.clock, manager.entropy)
    judge = Judge(worker, [board])
    watch_customizations(manager, judge, config.namespace or "argocd", board.use)
    manager.add(board)
    return judge, board
