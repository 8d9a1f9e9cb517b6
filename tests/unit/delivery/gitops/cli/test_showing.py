"""`app list`, `get`, `tree`, `history`, `resources`, `logs`: what they print of a running application."""

from pathlib import Path

import pytest

from pilothouse.delivery.gitops.cli.resources import rows_of
from pilothouse.delivery.gitops.cli.showing.logs import Container, containers_of, line_filter
from pilothouse.delivery.gitops.cli.showing.tree import rows
from tests.unit.delivery.gitops.cli.world import DEPLOYMENT, SERVICE, settings, world


def test_a_running_application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with world(tmp_path, monkeypatch, capsys) as on:
        revision = on.commit(settings=settings("blue"), web=DEPLOYMENT, service=SERVICE)[:12]
        on.create("shop", "--label", "team=a")
        on.create(
            "other", "--path", "nowhere", "--project", "default", "--sync-policy", "automated", "--auto-prune", "--self-heal"
        )
        on.app("sync", "shop")
        on.play(
            f"""
            $ app wait shop --health --timeout 30
            $ app list -l team=a
            NAME SYNC HEALTH REVISION
            shop Synced Healthy {revision}
            $ app list -A -o wide -r REPO
            APPLICATIONS IN NAME SYNC HEALTH REVISION CLUSTER *
            argocd other * Auto-Prune-SelfHeal *
            argocd shop Synced Healthy {revision} https://kubernetes.default.svc default default Manual <none> REPO . main
            $ app list -o name -p default
            argocd/other
            argocd/shop
            $ app get shop
            Name: argocd/shop
            Source: REPO . at main
            Destination: https://kubernetes.default.svc default
            Policy: Manual
            Sync: Synced to {revision}
            Health: Healthy
            Operation: Succeeded successfully synced (all tasks run)
            GROUP KIND NAMESPACE NAME STATUS HEALTH MESSAGE
            Service default web Synced Healthy*
            apps Deployment default web Synced Healthy*
            $ app get argocd/shop -o tree --refresh
            Application shop Synced Healthy *
            ├─ ConfigMap settings Synced 0 *
            ├─ Service web Synced Healthy* 0 *
            │ → Pod web-*
            └─ Deployment web Synced Healthy* 1 *
            └─ ReplicaSet web-* Healthy *
            ├─ Pod web-* Healthy *
            $ app tree shop
            └─ ReplicaSet web-* Healthy *
            $ app resources shop --resource apps:*:*
            PHASE WAVE GROUP KIND *
            Sync 1 apps Deployment default web Synced Healthy*
            $ app resources shop -o name
            :Service:default/web
            $ app history shop -o id
            0
            $ app history shop
            ID DEPLOYED REVISION BY
            0 * {revision} *
            $ app logs shop --tail 5
            $ app logs shop --container none
            (status 1)
            error: shop has no such container
            $ app list -n elsewhere
            NAME SYNC HEALTH REVISION
            $ app get shop -n elsewhere
            (status 1)
            error: there is no application 'shop' in namespace elsewhere
            fix: it is in argocd: add `-n argocd`
            $ app get shpo
            (status 1)
            fix: did you mean 'shop'?
            $ app get zzz
            (status 1)
            fix: `pilothouse app list -A` shows what there is
        """.replace("REPO", f"file://{on.folder}")
        )
        assert on.json("get", "shop")["metadata"]["labels"] == {"team": "a"}
        assert {app["metadata"]["name"] for app in on.json("list")} == {"shop", "other"}
        assert {each["kind"] for each in on.json("resources", "shop", "--resource", "!:*:*")} == {"Deployment"}


def test_hooks_are_rows_of_their_own() -> None:
    done = {"group": "batch", "kind": "Job", "namespace": "d", "name": "j", "syncPhase": "PreSync", "hookType": "PreSync"}
    status = {
        "resources": [{"kind": "Service", "namespace": "d", "name": "s", "status": "OutOfSync", "syncWave": 3, "health": {
            "status": "Degraded", "source": "probe", "message": "no\nanswer"}}],
        "operationState": {"syncResult": {"resources": [{**done, "hookPhase": "Failed", "status": "Synced", "message": "exit"}]}},
    }  # fmt: skip
    service, job = rows_of({"status": status})
    assert service.line() == "wave 3  Service d/s  OutOfSync  Degraded (probe)  no answer"
    assert job.line() == "PreSync  wave 0  Job d/j  Failed  exit"


def test_former_revisions_and_pods_that_are_not_ready() -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s", "namespace": "d"},
        "spec": {"selector": {"a": "b"}},
    }
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "d", "labels": {"a": "b"}}, "spec": {}}
    key = ("", "Service", "d", "s")
    app = {"metadata": {"name": "x"}, "status": {"resources": [{"kind": "Service", "namespace": "d", "name": "s"}]}}
    table = rows(app, {key: service}, {("", "X", "d", "x"): [pod]}, 0.0)
    assert [row[0] for row in table] == ["Application x", "└─ Service s", "   → Pod p (not ready)"]


def test_lines_and_containers_of_logs() -> None:
    assert line_filter("ERR", match_case=False)(b"an error")
    assert not line_filter("ERR", match_case=True)(b"an error")
    pod = {
        "metadata": {"namespace": "d", "name": "p"},
        "spec": {"containers": [{"name": "a"}], "initContainers": [{"name": "i"}]},
    }
    assert containers_of(pod, "") == [Container("d", "p", "a")]
    assert containers_of(pod, "i") == [Container("d", "p", "i")]
