"""`kr8s`, the client for people who know kubectl."""

import asyncio
import os
import urllib.request

import checks
import kr8s
from kr8s.asyncio.objects import ConfigMap as AsyncConfigMap
from kr8s.objects import ConfigMap, CustomResourceDefinition, Deployment, Pod, new_class

NS = os.environ["NS"]
GROUP = "kr8s.example.com"


def config_map(name, **data):
    return ConfigMap({"metadata": {"name": name, "namespace": NS, "labels": {"app": "demo"}}, "data": data})


def check_versions():
    assert kr8s.version()["minor"] == "36"
    assert any(each["name"] == "deployments" for each in kr8s.api_resources())
    assert kr8s.whoami() == "kubernetes-admin"


def check_crud():
    made = config_map("crud", color="blue")
    made.create()
    assert made.exists()
    made.patch({"data": {"size": "xl"}})
    assert made.raw["data"].to_dict() == {"color": "blue", "size": "xl"}
    made.patch([{"op": "remove", "path": "/data/size"}], type="json")
    made.label({"tier": "web"})
    made.annotate({"note": "hello"})
    assert made.labels["tier"] == "web" and made.annotations["note"] == "hello"
    made.remove_label("tier")
    made.refresh()
    assert "tier" not in made.labels
    found = list(kr8s.get("configmaps", namespace=NS, label_selector={"app": "demo"}))
    assert [each.name for each in found] == ["crud"]
    assert [each.name for each in kr8s.get("configmaps", namespace=NS, field_selector="metadata.name=crud")] == ["crud"]
    made.delete()
    made.wait("delete", timeout=10)
    assert not made.exists()


def check_errors():
    try:
        ConfigMap.get("nosuch", namespace=NS, timeout=1)
        raise AssertionError("found")
    except kr8s.NotFoundError:
        pass
    try:
        config_map("Bad_Name").create()
        raise AssertionError("created")
    except kr8s.ServerError as error:
        assert error.response.status_code == 422


def check_scale_and_wait():
    container = {"name": "c", "image": "host", "command": ["sleep", "600"]}
    template = {
        "metadata": {"labels": {"app": "scaled"}},
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 1},
    }
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "scaled"}}, "template": template}
    made = Deployment({"metadata": {"name": "scaled", "namespace": NS}, "spec": spec})
    made.create()
    made.wait("condition=Available", timeout=20)
    made.scale(2)
    checks.until(lambda: made.ready() and len(list(made.pods())) == 2)
    made.delete(propagation_policy="Foreground")


def check_pods():
    pod = Pod({**checks.POD, "metadata": {**checks.POD["metadata"], "namespace": NS}})
    pod.create()
    pod.wait("condition=Ready", timeout=20)
    assert list(pod.logs()) == ["hello"]
    done = pod.exec(["sh", "-c", "echo out; echo err >&2"])
    assert (done.returncode, done.stdout, done.stderr) == (0, b"out\n", b"err\n")
    assert pod.exec(["sh", "-c", "exit 3"], check=False).returncode == 3
    with (
        pod.portforward(remote_port=8000, local_port="auto") as port,
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer,
    ):
        assert answer.status == 200
    pod.delete()


def check_custom_resources():
    definition = CustomResourceDefinition(checks.boats(GROUP))
    definition.create()
    checks.until(lambda: definition.refresh() or definition.status.conditions)  # null at first, which `wait` cannot read
    definition.wait("condition=Established", timeout=10)
    boat = new_class("Boat", f"{GROUP}/v1", namespaced=True)
    made = boat({"metadata": {"name": "anna", "namespace": NS}, "spec": {"port": "bergen"}})
    made.create()
    made.patch({"status": {"ready": True}}, subresource="status")
    ports = [each.spec.port for each in kr8s.get(boat, namespace=NS)]
    assert ports == ["bergen"], ports
    assert boat.get("anna", namespace=NS).raw["status"].to_dict() == {"ready": True}
    made.delete()


async def check_asyncio_and_watch():
    api = await kr8s.asyncio.api()
    seen = []

    async def follow():
        async for event, found in api.watch("configmaps", namespace=NS, label_selector="watched=yes"):
            seen.append((event, found.name))
            if event == "DELETED":
                return

    task = asyncio.create_task(follow())
    made = await AsyncConfigMap({"metadata": {"name": "watched", "namespace": NS, "labels": {"watched": "yes"}}}, api=api)
    await made.create()
    while not seen:
        await asyncio.sleep(0.05)
    await made.delete()
    await task
    assert seen[0] == ("ADDED", "watched") and seen[-1] == ("DELETED", "watched")


checks.run(__name__)
