"""`app sync`, `wait`, `rollback`, `refresh`, `terminate-op`: a real control plane, a real repository, readable transcripts."""

import argparse
import io
from pathlib import Path
from typing import Any

import pytest

from pilothouse.delivery.gitops.cli.flags import Pick
from pilothouse.delivery.gitops.cli.syncing import rollback, wait
from pilothouse.delivery.gitops.cli.syncing.goals import Goal, has_ended, is_busy, missing
from pilothouse.delivery.gitops.cli.syncing.progress import Progress
from pilothouse.kit.errors import Invalid, NotFound
from tests.unit.delivery.gitops.cli.world import DEPLOYMENT, SERVICE, settings, world

HOOK = """\
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {argocd.argoproj.io/hook: PreSync}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: "c:1"}]}}}
"""
STUCK = (
    "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: disk}\n"
    "spec: {accessModes: [ReadWriteOnce], storageClassName: none, resources: {requests: {storage: 1Gi}}}\n"
)


def test_a_sync_is_followed_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with world(tmp_path, monkeypatch, capsys) as on:
        on.commit(settings=settings("blue"), web=DEPLOYMENT, service=SERVICE, hook=HOOK)
        on.play("""
            $ app create shop --repo REPO --revision main --dest-namespace default
            application 'shop' created
            $ app sync shop --timeout 30
            PreSync wave 0 Job default/migrate*
            Sync wave 0 ConfigMap default/settings Synced configmap/settings created
            Sync wave 1 Deployment default/web Synced Progressing*
            shop: Synced, * Succeeded: successfully synced (*)
            $ app wait shop --timeout 30
            shop: Synced, Healthy Succeeded: *
            $ app wait shop --resource apps:Deployment:web --health
            $ app rollback shop
            (status 1)
            error: shop was deployed 1 times: there is nothing before
            $ app terminate-op shop
            (status 1)
            error: no sync of shop is under way
        """)
        on.commit(settings=settings("red"), service=None)
        on.play("""
            $ app refresh shop
            shop is OutOfSync and Healthy
            $ app sync shop --dry-run --resource :ConfigMap:settings
            Sync wave 0 ConfigMap default/settings Synced * (dry run)
            $ app sync shop --resource :ConfigMap:setings
            (status 1)
            error: shop has no such resource
            fix: there are *:ConfigMap:settings*
            $ app sync shop
            (status 1)
            Sync wave 0 Service default/web PruneSkipped *
            error: 1 resources of shop require pruning
            fix: `pilothouse app sync shop --prune`
            $ app sync shop --prune --apply-out-of-sync-only
            Sync wave 0 Service default/web Pruned * pruned
            $ app rollback shop 0
            Sync wave 0 Service default/web Synced * service/web created
            $ app history shop
            ID DEPLOYED REVISION BY
            0 *
            2 *
        """)
        assert on.environment.get("configmaps", "settings")["data"] == {"color": "blue"}


def test_a_commit_is_synced_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with world(tmp_path, monkeypatch, capsys) as on:
        on.commit(settings=settings("color0"))
        on.create()
        for number in range(4):
            on.commit(settings=settings(f"color{number + 1}"))
            on.app("sync", "shop")
            assert on.environment.get("configmaps", "settings")["data"] == {"color": f"color{number + 1}"}


def test_what_fails_and_what_takes_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with world(tmp_path, monkeypatch, capsys) as on:
        on.commit(settings="apiVersion: v1\nkind: ConfigMap\nmetadata: {name: UPPER}\n", stuck=STUCK)
        on.play("""
            $ app create bad --repo REPO --path . --dest-namespace default
            application 'bad' created
            $ app sync bad
            (status 1)
            error: sync of bad failed: *
            $ app create lost --repo REPO --path nowhere --dest-namespace default
            application 'lost' created
            $ app sync lost --timeout 20
            (status 1)
            error: sync of lost failed: *nowhere: app path does not exist*
        """)
        on.commit(
            settings=settings("blue"),
            later=settings("x").replace("settings", "later, annotations: {argocd.argoproj.io/sync-wave: '2'}"),
        )
        on.play("""
            $ app sync bad --timeout 1
            (status 3)
            Sync wave 0 PersistentVolumeClaim default/disk *
            error: the sync of bad is not done in time (Running: waiting for healthy state of *)
            fix: the sync goes on; `pilothouse app terminate-op bad` ends it
            $ app sync bad
            (status 1)
            error: another sync of bad is under way
            $ app terminate-op bad
            the sync of bad is being ended
            $ app wait bad --operation --timeout 10
            bad: * Failed: Operation terminated
            $ app wait bad --health --timeout 1
            (status 3)
            error: bad is not there in time: it is *, not Healthy
        """)


def _app(**status: Any) -> dict[str, Any]:
    return {"metadata": {"name": "shop"}, "spec": {}, "status": status}


def test_goals() -> None:
    healthy = {"sync": {"status": "Synced"}, "health": {"status": "Suspended"}}
    assert missing(_app(**healthy), Goal(sync=True, operation=True)) == []
    assert missing(_app(**healthy), Goal(healths=("Healthy", "Degraded"))) == ["it is Suspended, not Healthy or Degraded"]
    assert missing(_app(**healthy), Goal(healths=("Healthy", "Suspended"))) == []
    assert missing(_app(operationState={"phase": "Running"}), Goal(operation=True)) == ["a sync is under way"]
    assert missing(_app(), Goal(sync=True)) == ["it is not compared yet, not Synced"]
    entries = [{"kind": "Pod", "name": "a", "status": "Synced", "health": {"status": "Degraded"}}]
    assert missing(_app(), Goal(sync=True, healths=("Healthy",)), entries) == ["Pod a is Degraded"]
    assert missing(_app(), Goal(deletion=True)) == ["it is still there"]
    flags = {"sync": False, "health": False, "suspended": False, "degraded": False, "operation": False, "delete": False}
    assert wait.goal_of(argparse.Namespace(**flags)) == Goal(sync=True, healths=("Healthy",), operation=True)
    assert wait.goal_of(argparse.Namespace(**{**flags, "suspended": True})) == Goal(healths=("Suspended",))


def test_an_operation_that_is_tried_again_has_not_ended() -> None:
    assert is_busy({"operation": {"sync": {}}})
    failed = {"phase": "Failed", "message": "x", "operation": {"retry": {"limit": 2}}}
    assert not has_ended(_app(operationState={**failed, "retryCount": 1}))
    assert has_ended(_app(operationState={**failed, "retryCount": 2}))
    assert not has_ended(_app(operationState={**failed, "operation": {"retry": {"limit": -1}}}))
    assert has_ended(_app(operationState={**failed, "message": "Operation terminated"}))
    assert has_ended(_app(operationState={"phase": "Succeeded"}))


def test_plans_of_a_rollback() -> None:
    history = [{"id": 3, "revision": "a", "source": {"path": "x"}}, {"id": 4, "revisions": ["b", "c"], "sources": [{}, {}]}]
    app = _app(history=history)
    assert rollback.plan(app, None, prune=True)["source"] == {"path": "x"}
    assert rollback.plan(app, 4, prune=False)["revisions"] == ["b", "c"]
    with pytest.raises(NotFound, match="has no 9"):
        rollback.plan(app, 9, prune=False)
    with pytest.raises(Invalid, match="synced automatically"):
        rollback.plan({**app, "spec": {"syncPolicy": {"automated": {}}}}, 3, prune=False)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_a_table_that_is_drawn_again() -> None:
    entry = {"group": "apps", "kind": "Deployment", "namespace": "d", "name": "web", "status": "OutOfSync"}
    stream = _Terminal()
    progress = Progress(Pick([]).takes, stream)
    progress.show(_app(resources=[{**entry, "health": {"status": "Progressing", "source": "Lua"}}]), is_syncing=False)
    assert "\x1b[J" not in stream.getvalue()
    assert "Progressing (Lua)" in stream.getvalue()
    progress.show(_app(resources=[{**entry, "status": "Synced", "health": {"status": "Healthy"}}]), is_syncing=False)
    assert "\x1b[3A\x1b[J" in stream.getvalue()
    many = [{**entry, "name": f"web{number}", "health": {"status": "Healthy"}} for number in range(100)]
    progress.show(_app(resources=[*many, {**entry, "health": {"status": "Degraded"}}]), is_syncing=False)
    assert "Degraded" in stream.getvalue()
    assert len(stream.getvalue().splitlines()) < 60
