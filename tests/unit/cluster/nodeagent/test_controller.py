"""Whole Pods on the API: real programs, real statuses."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from pathlib import Path

import pytest

from pilothouse.cluster.nodeagent.supervisor import procfs
from pilothouse.cluster.nodeagent.supervisor.records import read_record
from pilothouse.delivery.images.adapters import ImageLayout, build_image
from pilothouse.sdk.kinds import LEASE, NODE, PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM, POD
from tests.unit.cluster.nodeagent.cluster import cluster, condition, container, is_ready, phase, shell, state_of

WEB = "import sys, http.server as h\nh.test(h.SimpleHTTPRequestHandler, port=int(sys.argv[1]))"


def web(port: int = 8080, **more: object) -> dict[str, object]:
    probe = {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 1}
    ports = [{"containerPort": port, "name": "http"}]
    return container("web", "python3", "-c", WEB, str(port), ports=ports, readinessProbe=probe, **more)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("0.0.0.0", 0))
        return int(sock.getsockname()[1])


@pytest.mark.parametrize("mode", ["auto", "userns", "none"])
def test_a_pod_from_creation_to_deletion(tmp_path: Path, mode: str) -> None:
    async def scenario() -> None:
        async with cluster(tmp_path, mode) as c:
            await c.create_pod("web", web(free_port() if mode == "none" else 8080))
            pod = await c.wait("web", is_ready)
            status = pod["status"]
            assert status["phase"] == "Running" and status["hostIP"] and status["podIP"] and status["startTime"]
            assert status["observedGeneration"] == 1 and condition(pod, "Ready")["observedGeneration"] == 1
            kinds = {c["type"]: c["status"] for c in status["conditions"]}
            names = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
            assert kinds == dict.fromkeys(names, "True")
            assert set(state_of(pod)["state"]) == {"running"} and state_of(pod)["started"] is True
            await c.client.delete(POD, "web", "default")
            await c.gone("web")
            assert c.agent.host.memory.folders() == []

    asyncio.run(scenario())


def test_the_node_and_its_lease(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with cluster(tmp_path, labels={"disk": "fast"}) as c:
            node = await c.client.get(NODE, "pilothouse")
            assert {x["type"]: x["status"] for x in node["status"]["conditions"]}["Ready"] == "True"
            assert set(node["status"]["capacity"]) == {"cpu", "memory", "ephemeral-storage", "pods"}
            assert node["metadata"]["labels"]["disk"] == "fast" and not node["spec"].get("taints")
            lease = await c.client.get(LEASE, "pilothouse", "kube-node-lease")
            assert lease["spec"]["holderIdentity"] == "pilothouse"

    asyncio.run(scenario())


def test_an_agent_restart_changes_nothing_about_a_ready_pod(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with cluster(tmp_path) as c:
            slow = {"exec": {"command": ["true"]}, "initialDelaySeconds": 1, "periodSeconds": 30}
            await c.create_pod("web", container("m", "sleep", "300", readinessProbe=slow))
            before = await c.wait("web", is_ready)
            pids = procfs.marked(procfs.mark_of(str(tmp_path)))
            await c.stop_agent()
            await c.start_agent()
            await asyncio.sleep(0.5)
            after = await c.pod("web")
            assert after["status"] == before["status"]
            assert procfs.marked(procfs.mark_of(str(tmp_path))) == pids

    asyncio.run(scenario())


def test_what_ends_while_the_agent_is_away_is_noticed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with cluster(tmp_path) as c:
            await c.create_pod("job", shell("m", "sleep 1; exit 3"), restartPolicy="Never")
            await c.create_pod("dropped", container("m", "sleep", "300"))
            await c.wait("job", phase("Running"))
            await c.wait("dropped", phase("Running"))
            await c.stop_agent()
            await c.client.delete(POD, "dropped", "default", grace_s=0)
            await asyncio.sleep(1.5)
            await c.start_agent()
            pod = await c.wait("job", phase("Failed"))
            assert state_of(pod)["state"]["terminated"]["exitCode"] == 3
            async with asyncio.timeout(10):
                while len(c.agent.workers) > 1:
                    await asyncio.sleep(0.02)
            assert procfs.marked(procfs.mark_of(str(tmp_path))) == []

    asyncio.run(scenario())


@pytest.mark.parametrize(("exit_code", "expected", "reason"), [(0, "Succeeded", "Completed"), (7, "Failed", "Error")])
def test_pods_that_run_to_their_end(tmp_path: Path, exit_code: int, expected: str, reason: str) -> None:
    async def scenario() -> None:
        async with cluster(tmp_path) as c:
            script = f"echo last words > /dev/termination-log; exit {exit_code}"
            await c.create_pod("job", shell("m", script), restartPolicy="Never")
            pod = await c.wait("job", phase("Succeeded", "Failed"))
            ended = state_of(pod)["state"]["terminated"]
            assert (pod["status"]["phase"], ended["reason"], ended["exitCode"]) == (expected, reason, exit_code)
            assert ended["message"] == "last words\n"
            assert condition(pod, "Ready")["reason"] == ("PodCompleted" if exit_code == 0 else "PodFailed")

    asyncio.run(scenario())


def test_a_crashing_container_backs_off(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with cluster(tmp_path) as c:
            await c.create_pod("crash", shell("m", "echo try; exit 1"))
            pod = await c.wait("crash", lambda p: state_of(p)["state"].get("waiting", {}).get("reason") == "CrashLoopBackOff")
            status = state_of(pod)
            assert status["restartCount"] == 1 and status["lastState"]["terminated"]["exitCode"] == 1
            assert status["state"]["waiting"]["message"].startswith(
                "back-off 10s restarting failed container=m pod=crash_default("
            )
            assert pod["status"]["phase"] == "Running"
            assert await c.log("crash") == "try\n" == await c.log("crash", previous="true")
            waiting = f"BackOff: Back-off restarting failed container m in pod crash_default({pod['metadata']['uid']})"
            async with asyncio.timeout(10):
                while waiting not in (told := await c.events("crash")):  # events are written behind what they tell
                    await asyncio.sleep(0.01)
            assert {text.partition(":")[0] for text in told} == {"Pulling", "Pulled", "Created", "Started", "BackOff"}

    asyncio.run(scenario())


def test_init_containers_sidecars_and_order(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with cluster(tmp_path) as c:
            mount = [{"name": "work", "mountPath": "/work"}]
            sidecar = shell(
                "side", "echo side >> /work/order; trap 'exit 0' TERM; while :; do sleep 0.1; done", volumeMounts=mount
            )
            sidecar |= {"restartPolicy": "Always", "startupProbe": {"exec": {"command": ["true"]}, "periodSeconds": 1}}
            first = shell("first", "echo first >> /work/order", volumeMounts=mount)
            last = shell("last", "echo last >> /work/order", volumeMounts=mount)
            main = shell("main", "echo main >> /work/order; cat /work/order", volumeMounts=mount)
            volumes = [{"name": "work", "emptyDir": {}}]
            await c.create_pod("p", main, initContainers=[first, sidecar, last], volumes=volumes, restartPolicy="Never")
            pod = await c.wait("p", phase("Succeeded"))
            assert (await c.log("p", "main")).split() == ["first", "side", "last", "main"]
            assert state_of(pod, 0, "initContainerStatuses")["ready"] is True
            await c.wait("p", lambda p: "terminated" in state_of(p, 1, "initContainerStatuses")["state"])

    asyncio.run(scenario())


def test_a_failing_init_container_fails_the_pod(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with cluster(tmp_path) as c:
            await c.create_pod("p", shell("main", "true"), initContainers=[shell("i", "exit 2")], restartPolicy="Never")
            pod = await c.wait("p", phase("Failed"))
            assert state_of(pod)["state"]["waiting"]["reason"] == "PodInitializing"
            assert condition(pod, "Initialized")["status"] == "False"

    asyncio.run(scenario())


def test_a_failing_liveness_probe_restarts_the_container(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with cluster(tmp_path) as c:
            probe = {"exec": {"command": ["test", "!", "-e", "/tmp/dead"]}, "periodSeconds": 1, "failureThreshold": 1}
            await c.create_pod(
                "p", shell("m", "sleep 1.2; touch /tmp/dead; sleep 300", livenessProbe=probe), terminationGracePeriodSeconds=1
            )
            pod = await c.wait("p", lambda p: state_of(p)["restartCount"] == 1 and "running" in state_of(p)["state"])
            assert state_of(pod)["lastState"]["terminated"]["exitCode"] in {137, 143}
            assert any("Liveness probe failed" in event for event in await c.events("p"))

    asyncio.run(scenario())


def test_deletion_waits_for_pre_stop_and_signals(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with cluster(tmp_path) as c:
            hook = {"preStop": {"exec": {"command": ["sh", "-c", "echo hook >> /out/log"]}}}
            script = "trap 'echo term >> /out/log; exit 0' TERM; while :; do sleep 0.05; done"
            out = tmp_path / "out"
            out.mkdir()
            volumes = [{"name": "out", "hostPath": {"path": str(out)}}]
            await c.create_pod(
                "p", shell("m", script, lifecycle=hook, volumeMounts=[{"name": "out", "mountPath": "/out"}]), volumes=volumes
            )
            await c.wait("p", is_ready)
            await c.client.delete(POD, "p", "default", grace_s=10)
            await c.gone("p")
            assert (out / "log").read_text().split() == ["hook", "term"]

    asyncio.run(scenario())


def test_a_deaf_program_is_killed_after_the_grace_period(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with cluster(tmp_path) as c:
            await c.create_pod("p", shell("m", "trap '' TERM; while :; do sleep 0.05; done"))
            await c.wait("p", is_ready)
            started = asyncio.get_running_loop().time()
            await c.client.delete(POD, "p", "default", grace_s=1)
            await c.gone("p")
            assert 0.9 < asyncio.get_running_loop().time() - started < 8

    asyncio.run(scenario())


def test_active_deadline(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with cluster(tmp_path) as c:
            await c.create_pod("p", container("m", "sleep", "300"), activeDeadlineSeconds=1, terminationGracePeriodSeconds=1)
            pod = await c.wait("p", lambda p: phase("Failed")(p) and "terminated" in state_of(p)["state"])
            assert pod["status"]["reason"] == "DeadlineExceeded"

    asyncio.run(scenario())


def test_images_built_from_a_folder_run(tmp_path: Path) -> None:
    async def scenario() -> None:
        app = tmp_path / "app"
        app.mkdir()
        (app / "main.py").write_text("import os\nprint(os.getcwd(), sorted(os.listdir('.')), os.environ['MODE'])")
        (app / "Dockerfile").write_text('FROM host\nWORKDIR /app\nCOPY . .\nENV MODE=image\nCMD ["python3", "main.py"]\n')
        for mode in ("auto", "none"):
            data = tmp_path / mode
            async with cluster(data, mode) as c:
                build_image(app, "shop:1", ImageLayout(data / "images"))
                await c.create_pod("p", {"name": "m", "image": "shop:1"}, restartPolicy="Never")
                pod = await c.wait("p", phase("Succeeded"))
                assert state_of(pod)["imageID"].startswith("sha256:")
                folder, _, rest = (await c.log("p")).partition(" ")
                assert folder.endswith("/app") and rest == "['main.py'] image\n"

    asyncio.run(scenario())


def test_unknown_images_and_commands_are_explained(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with cluster(tmp_path) as c:
            await c.create_pod("image", {"name": "m", "image": "bash", "command": ["bash", "-c", "true"]})
            pod = await c.wait("image", lambda p: state_of(p)["state"].get("waiting", {}).get("reason") == "ErrImagePull")
            assert "pilothouse image build -t bash" in state_of(pod)["state"]["waiting"]["message"]
            await c.create_pod("command", container("m", "no-such-program"), restartPolicy="Never")
            pod = await c.wait("command", phase("Failed"))
            assert "executable file not found" in state_of(pod)["state"]["terminated"]["message"]
            assert await c.client.delete(POD, "image", "default")
            await c.gone("image")

    asyncio.run(scenario())


def test_without_networks_a_port_collision_is_a_waiting_reason(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with cluster(tmp_path, "none") as c:
            port = free_port()
            await c.create_pod("one", web(port))
            await c.wait("one", is_ready)
            await c.create_pod("two", web(port))
            pod = await c.wait("two", lambda p: state_of(p)["state"].get("waiting", {}).get("reason") == "CreateContainerError")
            assert f"port {port} is used by Pod default/one" in state_of(pod)["state"]["waiting"]["message"]

    asyncio.run(scenario())


def test_fake_pods_in_numbers(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with cluster(tmp_path, runtime="fake", max_pods=1000) as c:
            for number in range(100):
                await c.create_pod(f"p{number}", {"name": "m", "image": "anything:1"})
            for number in range(100):
                await c.wait(f"p{number}", is_ready)
            addresses = {(await c.pod(f"p{number}"))["status"]["podIP"] for number in range(100)}
            assert len(addresses) == 100
            await c.client.delete(POD, "p7", "default")
            await c.gone("p7")

    asyncio.run(scenario())


def test_a_killed_supervisor_is_replaced_and_pods_come_back(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with cluster(tmp_path) as c:
            await c.create_pod("web", web())
            before = await c.wait("web", is_ready)
            record = read_record(str(tmp_path / "supervisor.json"))
            assert record is not None
            os.kill(int(record["pid"]), signal.SIGKILL)
            pod = await c.wait("web", lambda p: is_ready(p) and state_of(p)["restartCount"] == 1)
            assert state_of(pod)["lastState"]["terminated"]["exitCode"] == 137
            assert pod["status"]["podIP"] == before["status"]["podIP"]

    asyncio.run(scenario())


@pytest.mark.skipif(os.geteuid() != 0, reason="hostNetwork needs root")
def test_host_network_reaches_the_machine(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with cluster(tmp_path) as c:
            with socket.socket() as server:
                server.bind(("127.0.0.1", 0))
                server.listen()
                code = f"import socket;socket.create_connection(('127.0.0.1',{server.getsockname()[1]}),3);print('in')"
                await c.create_pod("p", container("m", "python3", "-c", code), hostNetwork=True, restartPolicy="Never")
                pod = await c.wait("p", phase("Succeeded", "Failed"))
                assert await c.log("p") == "in\n" and pod["status"]["podIP"] == pod["status"]["hostIP"]

    asyncio.run(scenario())


@pytest.mark.skipif(os.geteuid() != 0, reason="changing users and control groups need root")
def test_users_and_memory_limits(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with cluster(tmp_path) as c:
            context = {"runAsUser": 1234, "runAsGroup": 55, "readOnlyRootFilesystem": True}
            script = "id -u; id -g; touch /x 2>/dev/null || echo readonly; grep CapEff /proc/self/status"
            await c.create_pod("user", shell("m", script, securityContext=context), restartPolicy="Never")
            await c.wait("user", phase("Succeeded"))
            uid, gid, root, capabilities = (await c.log("user")).splitlines()
            assert (uid, gid, root) == ("1234", "55", "readonly") and int(capabilities.split()[1], 16) == 0
            if c.agent.runtime.facts.cgroups == "none":
                pytest.skip("no control groups on this machine")
            limits = {"limits": {"memory": "32Mi"}}
            eat = container("m", "python3", "-c", "x = bytearray(256 << 20); print(len(x))", resources=limits)
            await c.create_pod("eater", eat, restartPolicy="Never")
            pod = await c.wait("eater", phase("Failed"))
            ended = state_of(pod)["state"]["terminated"]
            assert (ended["reason"], ended["exitCode"]) == ("OOMKilled", 137)

    asyncio.run(scenario())


def test_bound_claims_are_folders(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with cluster(tmp_path) as c:
            place = tmp_path / "disk"
            volume = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pv"}}
            spec = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": str(place)}}
            bound = {"kind": "PersistentVolumeClaim", "namespace": "default", "name": "data"}  # or the node may not read it
            await c.client.create(PERSISTENT_VOLUME, {**volume, "spec": {**spec, "claimRef": bound}})
            claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "default"}}
            wanted = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "volumeName": "pv"}
            await c.client.create(PERSISTENT_VOLUME_CLAIM, {**claim, "spec": wanted})
            status = {"status": {"phase": "Bound"}}
            volumes = [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]
            mounts = [{"name": "d", "mountPath": "/data", "subPath": "inner"}]
            await c.create_pod(
                "p", shell("m", "echo kept > /data/file", volumeMounts=mounts), volumes=volumes, restartPolicy="Never"
            )
            async with asyncio.timeout(10):
                while not any("is not bound to a volume yet" in event for event in await c.events("p")):
                    await asyncio.sleep(0.05)
            await c.client.patch(PERSISTENT_VOLUME_CLAIM, "data", "default", status, "merge", subresource="status")
            await c.wait("p", phase("Succeeded"))
            assert (place / "inner" / "file").read_text() == "kept\n"

    asyncio.run(scenario())
