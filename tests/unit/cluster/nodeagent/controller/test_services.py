"""Configuration, volumes, Services and logs of real Pods."""

from __future__ import annotations

import asyncio
import base64
import os
from pathlib import Path
from typing import Any

import pytest

from pilothouse.cluster.nodeagent.controller.services import service_address
from pilothouse.cluster.nodeagent.engine.services import host_address
from pilothouse.sdk.kinds import CONFIG_MAP, ENDPOINT_SLICE, POD, SECRET, SERVICE
from tests.unit.cluster.nodeagent.cluster import TestCluster, cluster, container, is_ready, phase, shell, state_of


def test_the_api_server_reaches_services_on_this_machine() -> None:
    assert service_address("10.96.1.2", 8080) == ("127.96.1.2", 8080)
    assert service_address("192.168.1.2", 8080) == ("192.168.1.2", 8080)


SERVE = """
import http.server, os
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = os.environ["HOSTNAME"].encode()
        self.send_response(200); self.send_header("content-length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def log_message(self, *a): pass
http.server.ThreadingHTTPServer(("0.0.0.0", 8080), H).serve_forever()
"""
FETCH = """
import sys, urllib.request
for url in sys.argv[1:]:
    print(urllib.request.urlopen(url, timeout=5).read().decode())
"""


def config(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}, "data": data}


async def settle(c: TestCluster, name: str, wanted: str) -> None:
    async with asyncio.timeout(15):
        while wanted not in await c.log(name):
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("mode", ["auto", "none"])
def test_environment_from_everywhere(tmp_path: Path, mode: str) -> None:
    async def scenario() -> None:
        async with cluster(tmp_path, mode) as c:
            await c.client.create(CONFIG_MAP, config("cfg", COLOR="blue", SIZE="big"))
            secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "default"}}
            await c.client.create(SECRET, {**secret, "data": {"pw": base64.b64encode(b"hush").decode()}})
            env = [
                {"name": "A", "value": "x$(COLOR)y$$(COLOR)$(NOPE)"},
                {"name": "PW", "valueFrom": {"secretKeyRef": {"name": "s", "key": "pw"}}},
                {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
                {"name": "MEM", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory", "divisor": "1Mi"}}},
                {"name": "OPT", "valueFrom": {"configMapKeyRef": {"name": "none", "key": "k", "optional": True}}},
            ]
            sources = [{"configMapRef": {"name": "cfg"}, "prefix": "P_"}, {"configMapRef": {"name": "cfg"}}]
            script = 'echo "$A|$PW|$POD|$IP|$MEM|$OPT|$P_SIZE"'
            limits = {"limits": {"memory": "64Mi"}}
            await c.create_pod("p", shell("m", script, env=env, envFrom=sources, resources=limits), restartPolicy="Never")
            pod = await c.wait("p", phase("Succeeded"))
            line = (await c.log("p")).strip()
            assert line == f"xbluey$(COLOR)$(NOPE)|hush|p|{pod['status']['podIP']}|64||big"

    asyncio.run(scenario())


def test_a_missing_config_map_waits_and_then_starts(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with cluster(tmp_path) as c:
            env = [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "late", "key": "k"}}}]
            await c.create_pod("p", shell("m", "echo $A", env=env), restartPolicy="Never")
            pod = await c.wait(
                "p", lambda p: state_of(p)["state"].get("waiting", {}).get("reason") == "CreateContainerConfigError"
            )
            assert 'configmap "late" not found' in state_of(pod)["state"]["waiting"]["message"]
            await c.client.create(CONFIG_MAP, config("late", k="here"))
            await c.wait("p", phase("Succeeded"), timeout_s=4)
            assert await c.log("p") == "here\n"

    asyncio.run(scenario())


@pytest.mark.parametrize("mode", ["auto", "none"])
def test_volumes_follow_their_sources(tmp_path: Path, mode: str) -> None:
    async def scenario() -> None:
        async with cluster(tmp_path, mode) as c:
            await c.client.create(CONFIG_MAP, config("cfg", color="blue"))
            volumes = [
                {"name": "cfg", "configMap": {"name": "cfg"}},
                {"name": "info", "downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
            ]
            mounts = [{"name": "cfg", "mountPath": "/etc/cfg"}, {"name": "info", "mountPath": "/etc/info"}]
            root = "$PILOTHOUSE_ROOT"
            script = f"while :; do echo $(cat {root}/etc/cfg/color) $(cat {root}/etc/info/labels); sleep 0.1; done"
            metadata = {"labels": {"app": "one"}}
            await c.create_pod("p", shell("m", script, volumeMounts=mounts), volumes=volumes, metadata=metadata)
            await c.wait("p", is_ready)
            await settle(c, "p", 'blue app="one"')
            await c.client.patch(CONFIG_MAP, "cfg", "default", {"data": {"color": "red"}})
            await settle(c, "p", 'red app="one"')
            await c.client.patch(POD, "p", "default", {"metadata": {"labels": {"app": "two"}}})
            await settle(c, "p", 'red app="two"')

    asyncio.run(scenario())


def test_a_missing_volume_source_is_an_event(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with cluster(tmp_path) as c:
            await c.create_pod("p", container("m", "true"), volumes=[{"name": "s", "secret": {"secretName": "absent"}}])
            async with asyncio.timeout(10):
                while not any('FailedMount: secret "absent" not found' in event for event in await c.events("p")):
                    await asyncio.sleep(0.05)
            await c.client.delete(POD, "p", "default")
            await c.gone("p")

    asyncio.run(scenario())


def service(name: str, ip: str, *, port: int = 80) -> dict[str, Any]:
    spec = {"clusterIP": ip, "selector": {"app": name}, "ports": [{"port": port, "targetPort": 8080, "name": "http"}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "default"}, "spec": spec}


def slice_of(name: str, pods: list[dict[str, Any]]) -> dict[str, Any]:
    endpoints = [
        {
            "addresses": [p["status"]["podIP"]],
            "conditions": {"ready": True},
            "targetRef": {"kind": "Pod", "uid": p["metadata"]["uid"]},
        }
        for p in pods
    ]
    metadata = {"name": f"{name}-1", "namespace": "default", "labels": {"kubernetes.io/service-name": name}}
    ports = [{"name": "http", "port": 8080, "protocol": "TCP"}]
    kind = {"apiVersion": ENDPOINT_SLICE.api_version, "kind": "EndpointSlice"}
    return {**kind, "metadata": metadata, "addressType": "IPv4", "endpoints": endpoints, "ports": ports}


async def fetch(host: str, port: int) -> str:
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"GET / HTTP/1.0\r\n\r\n")
    text = (await reader.read()).decode()
    writer.close()
    return text.rpartition("\r\n")[2]


@pytest.mark.parametrize("mode", ["auto", "userns"])
def test_services_by_name_address_and_from_the_machine(tmp_path: Path, mode: str) -> None:
    async def scenario() -> None:
        async with cluster(tmp_path, mode) as c:
            probe = {"tcpSocket": {"port": 8080}, "periodSeconds": 1}
            for name in ("one", "two"):
                await c.create_pod(name, container("m", "python3", "-c", SERVE, readinessProbe=probe))
            pods = [await c.wait(name, is_ready) for name in ("one", "two")]
            made = await c.client.create(SERVICE, service("web", "10.96.77.7"))
            await c.client.create(ENDPOINT_SLICE, slice_of("web", pods))
            await c.agent.host.services.settled(c.agent.host.services.poke())
            host, port = host_address(made["spec"]["clusterIP"], 80, os.geteuid() == 0)
            async with asyncio.timeout(10):
                while not c.agent.host.services.table().listeners or not await reaches(host, port):
                    await asyncio.sleep(0.05)
            assert {await fetch(host, port) for _ in range(4)} == {"one", "two"}
            urls = [
                "http://web",
                "http://web.default.svc.cluster.local",
                "http://10.96.77.7",
                f"http://{pods[0]['status']['podIP']}:8080",
            ]
            script = 'python3 -c "$CODE" "$@" http://$WEB_SERVICE_HOST:$WEB_SERVICE_PORT'
            asker = container("m", "sh", "-c", script, "sh", *urls, env=[{"name": "CODE", "value": FETCH}])
            await c.create_pod("asker", asker, restartPolicy="Never")
            pod = await c.wait("asker", phase("Succeeded", "Failed"))
            assert pod["status"]["phase"] == "Succeeded", await c.log("asker")
            assert set((await c.log("asker")).split()) <= {"one", "two"}
            await c.client.delete(POD, "one", "default")
            await c.gone("one")
            started = asyncio.get_running_loop().time()
            assert {await fetch(host, port) for _ in range(4)} == {"two"}
            assert asyncio.get_running_loop().time() - started < 2, (
                "a Pod that is gone is not dialled, although the slice still names it"
            )

    async def reaches(host: str, port: int) -> bool:
        try:
            return bool(await fetch(host, port))
        except OSError:
            return False

    asyncio.run(scenario())


def test_no_request_is_lost_while_a_pod_is_replaced(tmp_path: Path) -> None:
    """The endpoint leaves before the program is told to stop; a program that drains loses nothing."""

    async def scenario() -> None:
        async with cluster(tmp_path) as c:
            probe = {"tcpSocket": {"port": 8080}, "periodSeconds": 1}
            hook = {"preStop": {"sleep": {"seconds": 1}}}
            for name in ("one", "two"):
                await c.create_pod(name, container("m", "python3", "-c", SERVE, readinessProbe=probe, lifecycle=hook))
            pods = [await c.wait(name, is_ready) for name in ("one", "two")]
            await c.client.create(SERVICE, service("web", "10.96.77.8"))
            await c.client.create(ENDPOINT_SLICE, slice_of("web", pods))
            host, port = host_address("10.96.77.8", 80, os.geteuid() == 0)
            async with asyncio.timeout(10):
                while not any(one.endpoints for one in c.agent.host.services.table().listeners):
                    await asyncio.sleep(0.05)
            await c.agent.host.services.settled(c.agent.host.services.poke())
            gone = asyncio.create_task(c.gone("one"))
            await c.client.delete(POD, "one", "default")
            answers = []
            while not gone.done():
                answers.append(await fetch(host, port))
                await asyncio.sleep(0.01)
            assert len(answers) > 20 and set(answers) <= {"one", "two"}

    asyncio.run(scenario())


def test_logs_tail_follow_and_stamp(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with cluster(tmp_path) as c:
            await c.create_pod(
                "p", shell("m", "for i in 1 2 3 4 5; do echo line $i; sleep 0.2; done; echo end >&2"), restartPolicy="Never"
            )
            await c.wait("p", phase("Running"))
            assert (await asyncio.wait_for(c.log("p", follow="true"), 15)).splitlines() == [
                *(f"line {i}" for i in range(1, 6)),
                "end",
            ]
            assert await c.log("p", tailLines="2") == "line 5\nend\n"
            assert (await c.log("p", tailLines="1", timestamps="true")).endswith("Z end\n")
            assert await c.log("p", limitBytes="6") == "line 1"
            assert await c.log("p", stream="Stderr") == "end\n"
            with pytest.raises(Exception, match="previous terminated container"):
                await c.log("p", previous="true")
            with pytest.raises(Exception, match="is not valid for pod"):
                await c.log("p", "other")
            with pytest.raises(Exception, match="whole number"):
                await c.log("p", tailLines="-1")

    asyncio.run(scenario())
