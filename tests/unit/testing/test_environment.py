"""A control plane of its own: isolated, complete, gone afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from pilothouse.kit.errors import BadRequest, Invalid
from pilothouse.sdk.errors import ApiAlreadyExists, ApiForbidden, ApiNotFound
from pilothouse.sdk.kinds import CONFIG_MAP, SECRET
from pilothouse.testing import Environment, NotReached
from pilothouse.wire import kubeconfig
from pilothouse.wire.pem import client_context
from tests.unit.testing.manifests import WIDGET, WIDGETS, config_map, deployment, job


def test_two_in_one_process_see_nothing_of_each_other() -> None:
    with Environment() as one, Environment() as two:
        one.create({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "only-here"}, "spec": {"limits": []}})
        with pytest.raises(ApiNotFound):
            two.get("limitrange", "only-here")
        assert one.url != two.url
        assert one.kubeconfig != two.kubeconfig
        one.inject("conflicts", "*")
        assert one.faults and not two.faults
        here, there = (_creations(asyncio.run(_metrics(each))) for each in (one, two))
    assert (here, there) == (1, 0)


def _creations(text: str) -> int:
    label = 'verb="create",group="",version="v1",resource="limitranges"'
    return sum(line.startswith("apiserver_request_total") and label in line for line in text.splitlines())


async def _metrics(environment: Environment) -> str:
    return (await (await environment.client.raw("GET", "/metrics")).read()).decode()


def test_nothing_is_left_behind() -> None:
    environment = Environment(nodes=1).start()
    folder, threads = environment.data_dir, threading.active_count()
    assert folder.exists()
    environment.stop()
    environment.stop()
    assert not folder.exists()
    assert threading.active_count() < threads
    with pytest.raises(RuntimeError, match="not running"):
        environment.get("pod", "x")


def test_a_process_that_never_stops_it_leaves_nothing_either(tmp_path: Path) -> None:
    code = (
        "from pilothouse.testing import Environment\n"
        "environment = Environment(nodes=1).start()\n"
        "print(environment.start_program('sleep', '300')._process.pid, environment.data_dir)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(tmp_path)}, capture_output=True, text=True, timeout=30,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    pid, folder = done.stdout.split()
    assert folder.startswith(str(tmp_path))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


def test_a_failed_start_leaves_nothing_behind_and_says_why(tmp_path: Path) -> None:
    environment = Environment(crds=[tmp_path / "missing"])
    with pytest.raises(BadRequest, match="does not exist"):
        environment.start()
    assert not environment.data_dir.exists()


def test_programs_reach_it_over_tls_with_the_kubeconfig() -> None:
    with Environment() as environment:
        access = kubeconfig.read(Path(environment.kubeconfig))
        with urllib.request.urlopen(f"{environment.url}/api/v1/namespaces", context=client_context(access)) as answer:
            names = {item["metadata"]["name"] for item in json.load(answer)["items"]}
        assert "kube-system" in names
        with pytest.raises(urllib.error.URLError):
            urllib.request.urlopen(f"{environment.url}/api/v1/namespaces", context=ssl.create_default_context())


def test_the_environment_of_programs_leads_here_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("NO_PROXY", "example.com")
    with Environment() as environment:
        env = environment.env
        assert env["KUBECONFIG"] == environment.kubeconfig
    assert "KUBERNETES_SERVICE_HOST" not in env
    assert env["NO_PROXY"] == "example.com,127.0.0.1,localhost"
    assert env["PATH"] == os.environ["PATH"]
    assert env["USE_EXISTING_CLUSTER"] == "true"


def test_namespaces_end_with_everything_in_them() -> None:
    with Environment() as environment:
        environment.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}})
        environment.create(config_map("held", finalizers=["example.com/wait"]), "team")
        environment.create(config_map("free"), "team")
        environment.delete("namespace", "team")
        environment.wait_for("configmap", "free", "delete", "team")
        with pytest.raises(NotReached, match="being deleted since"):
            environment.wait_for("configmap", "held", "delete", "team", timeout_s=0.2)
        environment.patch("cm", "held", {"metadata": {"finalizers": None}}, "team")
        environment.wait_for("namespace", "team", "delete")


@pytest.mark.parametrize("propagation", ["Background", "Foreground"])
def test_garbage_is_collected(propagation: str) -> None:
    with Environment() as environment:
        owner = environment.create(config_map("owner"))
        reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
        environment.create(config_map("child", ownerReferences=[reference]))
        environment.delete("configmap", "owner", propagation=propagation)
        environment.wait_for("configmap", "child", "delete")
        environment.wait_for("configmap", "owner", "delete")


def test_orphans_stay() -> None:
    with Environment() as environment:
        owner = environment.create(config_map("owner"))
        reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
        environment.create(config_map("child", ownerReferences=[reference]))
        environment.delete("configmap", "owner", propagation="Orphan")
        environment.wait_for("configmap", "owner", "delete")
        environment.wait_for("configmap", "child", lambda tree: not tree["metadata"].get("ownerReferences"))


def test_without_controllers_there_is_only_the_api() -> None:
    with Environment(controllers=False) as environment:
        environment.create(deployment())
        with pytest.raises(NotReached):
            environment.wait_for("deployment", "web", lambda tree: "status" in tree and tree["status"], timeout_s=0.2)


def test_workloads_run_on_nodes_without_machines() -> None:
    with Environment(nodes=2) as environment:
        environment.apply([deployment(replicas=4), job()])
        environment.wait_for("deployment", "web", "Available")
        environment.wait_for("job", "once", "Complete")
        placed = {pod["spec"]["nodeName"] for pod in environment.list("pods", labels="app=web")}
    assert placed == {"node-0", "node-1"}


def test_custom_resources_from_files(tmp_path: Path) -> None:
    (tmp_path / "widgets.yaml").write_text(WIDGETS)
    with Environment(crds=[tmp_path]) as environment:
        environment.create(WIDGET)
        ready = {"conditions": [{"type": "Ready", "status": "True"}]}
        environment.patch("widget", "one", {"status": ready}, subresource="status")
        assert environment.wait_for("wi", "one")["spec"] == {"size": 1}
        assert [tree["metadata"]["name"] for tree in environment.list("widgets.example.com")] == ["one"]
        with pytest.raises(ApiAlreadyExists):
            environment.create(WIDGET)


def test_the_same_calls_for_coroutines() -> None:
    async def story() -> None:
        async with Environment() as environment:
            await environment.aio.apply(WIDGETS)
            await environment.aio.create(WIDGET)
            waiting = asyncio.create_task(environment.aio.wait_for("widget", "one", "delete"))
            assert (await environment.aio.get("widget", "one"))["spec"] == {"size": 1}
            assert len(await environment.aio.list("widget")) == 1
            await environment.aio.patch("widget", "one", {"spec": {"size": 2}})
            await environment.aio.delete("widget", "one")
            await waiting

    asyncio.run(story())


def test_the_client_watches_from_another_loop() -> None:
    async def story(environment: Environment) -> list[str]:
        client, seen = environment.client, []
        _, version = await client.list_raw(CONFIG_MAP, "default")
        watch = client.watch(CONFIG_MAP, "default", resource_version=version)
        await client.create(CONFIG_MAP, config_map("seen", namespace="default"))
        async for events in watch:
            seen += [event.type for event in events]
            break
        await watch.aclose()  # type: ignore[attr-defined]
        return seen

    with Environment() as environment:
        assert asyncio.run(story(environment)) == ["ADDED"]


def test_clients_are_who_they_say() -> None:
    async def read(environment: Environment) -> Any:
        return await environment.client_as("somebody", "people").list(SECRET, "default")

    with Environment() as environment, pytest.raises(ApiForbidden, match='User "somebody" cannot list'):
        asyncio.run(read(environment))


def test_a_fault_plan_strikes_the_program_and_not_the_test() -> None:
    plan = {"rules": [{"point": "api.create", "action": "error", "code": 409, "match": {"client": "kubernetes-admin"}}]}

    async def create(environment: Environment) -> None:
        await environment.client.create(CONFIG_MAP, config_map("theirs", namespace="default"))

    with Environment(faults=plan) as environment:
        environment.create(config_map("ours"))
        with pytest.raises(Exception, match="fault plan"):
            asyncio.run(create(environment))
        assert [rule["struck"] for rule in environment.faults] == [1]
        assert "struck 1 of 1" in environment.summary()
        environment.inject(None)
        asyncio.run(create(environment))
        with pytest.raises(Invalid, match="one of conflicts"):
            environment.inject("nonsense")


def test_its_own_loop_is_not_blocked_by_mistake() -> None:
    with Environment() as environment:

        async def setup(manager: object) -> None:
            environment.get("namespace", "default")

        with pytest.raises(RuntimeError, match=r"\.aio"):
            environment.run_operator(setup)


def test_programs_beside_the_test_reach_it_and_end_with_it() -> None:
    code = "import os, time; print(os.environ['KUBECONFIG'], os.environ['EXTRA'], flush=True); time.sleep(300)"
    with Environment() as environment:
        program = environment.start_program(sys.executable, "-c", code, env={"EXTRA": "yes"})
        wanted = f"{environment.kubeconfig} yes\n"
        for _ in range(500):
            if program.output() == wanted:
                break
            time.sleep(0.01)
        assert program.output() == wanted
        assert program.status is None
        assert environment.kubeconfig in environment.summary()
    assert program.status == -signal.SIGTERM


def test_the_summary_tells_what_programs_were_refused_and_not_what_the_test_was() -> None:
    async def read(environment: Environment) -> None:
        with pytest.raises(ApiNotFound):
            await environment.client.get(CONFIG_MAP, "theirs", "default")

    with Environment() as environment:
        with pytest.raises(ApiNotFound):
            environment.get("configmap", "ours")
        asyncio.run(read(environment))
        told = environment.summary()
    assert 'GET /api/v1/namespaces/default/configmaps/theirs: 404 NotFound: configmaps "theirs" not found' in told
    assert "ours" not in told
