"""`lightkube`, the client with typed models and server-side apply."""

import os

import checks
import httpx2
from httpx2.websockets import WebSocketNetworkError
from lightkube import ApiError, AsyncClient, Client, KubeConfig, codecs
from lightkube.generic_resource import async_load_in_cluster_generic_resources, create_namespaced_resource
from lightkube.models.apps_v1 import DeploymentSpec
from lightkube.models.core_v1 import Container, PodSpec, PodTemplateSpec
from lightkube.models.meta_v1 import LabelSelector, ObjectMeta
from lightkube.resources.apiextensions_v1 import CustomResourceDefinition
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import ConfigMap, Namespace, Pod
from lightkube.types import CascadeType, PatchType

NS = os.environ["NS"]
GROUP = "lightkube.example.com"
client = Client(KubeConfig.from_env(), namespace=NS, field_manager="demo")
Boat = create_namespaced_resource(GROUP, "v1", "Boat", "boats")


def failure(call, *arguments, **options):
    try:
        call(*arguments, **options)
    except ApiError as error:
        return error
    raise AssertionError("no error")


def check_crud():
    made = client.create(ConfigMap(metadata=ObjectMeta(name="crud", labels={"app": "demo"}), data={"a": "1"}))
    made.data["b"] = "2"
    assert client.replace(made).data == {"a": "1", "b": "2"}
    assert [each.metadata.name for each in client.list(ConfigMap, labels={"app": "demo"})] == ["crud"]
    assert [each.metadata.name for each in client.list(ConfigMap, labels={"app": ("demo", "x")}, chunk_size=1)] == ["crud"]
    assert client.get(Namespace, NS).status.phase == "Active"
    client.delete(ConfigMap, "crud")
    assert failure(client.get, ConfigMap, "crud").status.code == 404


def check_patches():
    client.create(ConfigMap(metadata=ObjectMeta(name="patched"), data={"a": "1"}))
    assert client.patch(ConfigMap, "patched", {"data": {"b": "2"}}).data == {"a": "1", "b": "2"}
    assert client.patch(ConfigMap, "patched", {"data": {"b": None}}, patch_type=PatchType.MERGE).data == {"a": "1"}
    operations = [{"op": "add", "path": "/data/c", "value": "3"}]
    assert client.patch(ConfigMap, "patched", operations, patch_type=PatchType.JSON).data["c"] == "3"
    client.set(ConfigMap, "patched", labels={"app": "set"})
    assert client.get(ConfigMap, "patched").metadata.labels == {"app": "set"}


def check_apply():
    wanted = ConfigMap(metadata=ObjectMeta(name="applied"), data={"a": "1"})
    assert client.apply(wanted).data == {"a": "1"}
    wanted.data = {"a": "2"}
    error = failure(client.apply, wanted, field_manager="other")
    assert error.status.code == 409 and error.status.details.causes[0].field == ".data.a"
    assert client.apply(wanted, field_manager="other", force=True).data == {"a": "2"}


def check_errors():
    error = failure(client.create, ConfigMap(metadata=ObjectMeta(name="Bad_Name")))
    assert (error.status.code, error.status.reason) == (422, "Invalid")
    assert "metadata.name" in error.status.message


def check_scale_wait_and_cascade():
    labels = {"app": "scaled"}
    container = Container(name="c", image="host", command=["sleep", "600"])
    template = PodTemplateSpec(
        metadata=ObjectMeta(labels=labels), spec=PodSpec(containers=[container], terminationGracePeriodSeconds=1)
    )
    spec = DeploymentSpec(replicas=1, selector=LabelSelector(matchLabels=labels), template=template)
    client.create(Deployment(metadata=ObjectMeta(name="scaled"), spec=spec))
    client.wait(Deployment, "scaled", for_conditions=["Available"])
    scale = client.get(Deployment.Scale, "scaled")
    scale.spec.replicas = 2
    client.replace(scale, "scaled")
    checks.until(lambda: client.get(Deployment.Status, "scaled").status.readyReplicas == 2)
    client.delete(Deployment, "scaled", cascade=CascadeType.FOREGROUND)
    checks.until(lambda: not list(client.list(Pod, labels=labels)))


def check_watch_resumes():
    version = client.create(ConfigMap(metadata=ObjectMeta(name="watched"))).metadata.resourceVersion
    client.set(ConfigMap, "watched", labels={"a": "b"})
    client.delete(ConfigMap, "watched")
    seen = []
    for kind, found in client.watch(ConfigMap, resource_version=version, fields={"metadata.name": "watched"}):
        seen.append((kind, found.metadata.name))
        if kind == "DELETED":
            break
    assert seen == [("MODIFIED", "watched"), ("DELETED", "watched")]


def execute(script):
    """Run a script in the Pod, once more after an SSL error.

    The WebSocket client reads in a thread of its own, which may still read when its connection is closed, and then takes bytes
    of the next connection on the same descriptor: on a busy machine about one call in a thousand fails so. Every TLS record of
    the server was whole.
    """
    command = ["sh", "-c", script]
    try:
        return client.exec("shell", command=command, stdout=True, stderr=True)
    except (httpx2.TransportError, WebSocketNetworkError):
        return client.exec("shell", command=command, stdout=True, stderr=True)


def check_logs_and_exec():
    client.create(Pod.from_dict(checks.POD))
    client.wait(Pod, "shell", for_conditions=["Ready"])
    assert list(client.log("shell")) == ["hello\n"]
    done = execute("echo out; echo err >&2; exit 3")
    assert (done.exit_code, done.stdout, done.stderr) == (3, "out\n", "err\n")
    client.deletecollection(Pod, grace_period=1)
    checks.until(lambda: not list(client.list(Pod)))


def check_custom_resources():
    client.create(CustomResourceDefinition.from_dict(checks.boats(GROUP)))
    client.wait(CustomResourceDefinition, f"boats.{GROUP}", for_conditions=["Established"])
    made = client.create(Boat(metadata={"name": "anna"}, spec={"port": "bergen"}))
    made["status"] = {"ready": True}
    client.replace(made) and client.patch(Boat.Status, "anna", {"status": {"ready": True}}, patch_type=PatchType.MERGE)
    assert client.get(Boat, "anna")["status"] == {"ready": True}
    assert client.apply(Boat(metadata={"name": "anna"}, spec={"crew": 2}), force=True).spec == {"port": "bergen", "crew": 2}
    client.delete(Boat, "anna")


def check_manifests():
    text = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: first}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: second}\n"
    )
    for each in codecs.load_all_yaml(text):
        client.apply(each)
    assert client.get(ConfigMap, "first").metadata.namespace == NS


async def check_asyncio():
    asynchronous = AsyncClient(KubeConfig.from_env(), namespace=NS, field_manager="demo")
    await async_load_in_cluster_generic_resources(asynchronous)
    await asynchronous.create(ConfigMap(metadata=ObjectMeta(name="async")))
    assert "async" in [each.metadata.name async for each in asynchronous.list(ConfigMap)]
    async for kind, found in asynchronous.watch(ConfigMap, fields={"metadata.name": "async"}):
        assert (kind, found.metadata.name) == ("ADDED", "async")
        break
    await asynchronous.delete(ConfigMap, "async")
    await asynchronous.close()


checks.run(__name__)
