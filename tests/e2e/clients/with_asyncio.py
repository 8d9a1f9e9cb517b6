"""`kubernetes_asyncio`, the client of asyncio programs."""

import asyncio
import contextlib
import os

import checks
from kubernetes_asyncio import client, config, dynamic, watch
from kubernetes_asyncio.client.exceptions import ApiException
from kubernetes_asyncio.leaderelection import electionconfig, leaderelection
from kubernetes_asyncio.leaderelection.resourcelock.leaselock import LeaseLock
from kubernetes_asyncio.stream import WsApiClient

NS = os.environ["NS"]
GROUP = "asyncio.example.com"


@contextlib.asynccontextmanager
async def core_api():
    await config.load_kube_config()
    async with client.ApiClient() as api:
        yield client.CoreV1Api(api)


async def eventually(condition):
    while not (found := await condition()):
        await asyncio.sleep(0.05)
    return found


async def check_crud_and_errors():
    async with core_api() as core:
        body = client.V1ConfigMap(metadata=client.V1ObjectMeta(name="crud"), data={"a": "1"})
        made = await core.create_namespaced_config_map(NS, body)
        made.data["b"] = "2"
        assert (await core.replace_namespaced_config_map("crud", NS, made)).data == {"a": "1", "b": "2"}
        patched = await core.patch_namespaced_config_map(
            "crud", NS, {"data": {"a": None}}, _content_type="application/merge-patch+json"
        )
        assert patched.data == {"b": "2"}
        try:
            await core.create_namespaced_config_map(NS, body)
            raise AssertionError("no conflict")
        except ApiException as error:
            assert error.status == 409
        assert (await core.delete_namespaced_config_map("crud", NS)).status == "Success"


async def check_server_side_apply():
    async with core_api() as core:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied"}, "data": {"a": "1"}}
        apply = {"field_manager": "demo", "_content_type": "application/apply-patch+yaml"}
        await core.patch_namespaced_config_map("applied", NS, body, **apply)
        try:
            await core.patch_namespaced_config_map(
                "applied", NS, {**body, "data": {"a": "2"}}, **{**apply, "field_manager": "other"}
            )
            raise AssertionError("no conflict")
        except ApiException as error:
            assert error.status == 409 and "conflict with" in error.body
        forced = await core.patch_namespaced_config_map(
            "applied", NS, {**body, "data": {"a": "2"}}, **{**apply, "field_manager": "other"}, force=True
        )
        assert forced.data == {"a": "2"}


async def check_watch_resumes():
    async with core_api() as core:
        version = (await core.list_namespaced_config_map(NS)).metadata.resource_version
        await core.create_namespaced_config_map(NS, client.V1ConfigMap(metadata=client.V1ObjectMeta(name="watched")))
        await core.delete_namespaced_config_map("watched", NS)
        seen = []
        async with watch.Watch() as watcher:
            async for event in watcher.stream(core.list_namespaced_config_map, NS, resource_version=version, timeout_seconds=10):
                seen.append((event["type"], event["object"].metadata.name))
                version = event["object"].metadata.resource_version
                break
        async with watch.Watch() as watcher:
            async for event in watcher.stream(core.list_namespaced_config_map, NS, resource_version=version, timeout_seconds=10):
                seen.append((event["type"], event["object"].metadata.name))
                break
        assert seen == [("ADDED", "watched"), ("DELETED", "watched")]


async def check_an_old_version_is_gone():
    async with core_api() as core:
        try:
            async with watch.Watch() as watcher:
                async for _ in watcher.stream(core.list_namespaced_config_map, NS, resource_version="1", timeout_seconds=2):
                    break
        except ApiException as error:
            assert error.status == 410


async def check_pods_logs_and_exec():
    async with core_api() as core:
        await core.create_namespaced_pod(NS, checks.POD)

        async def ready():
            found = await core.read_namespaced_pod("shell", NS)
            return (found.status.container_statuses or [None])[0] and found.status.container_statuses[0].ready

        await eventually(ready)
        assert await core.read_namespaced_pod_log("shell", NS) == "hello\n"
        async with WsApiClient() as api:
            streams = client.CoreV1Api(api)
            shown = await streams.connect_get_namespaced_pod_exec(
                "shell", NS, command=["echo", "inside"], stderr=True, stdin=False, stdout=True, tty=False
            )
            assert shown == "inside\n"
            session = await streams.connect_get_namespaced_pod_exec(
                "shell", NS, command=["sh", "-c", "exit 4"], stderr=True, stdout=True, _preload_content=False
            )
            async with session as socket:
                data = [message.data async for message in socket]
            assert WsApiClient.parse_error_data(data[-1][1:]) == 4
        await core.delete_namespaced_pod("shell", NS)


async def check_custom_objects_and_dynamic():
    await config.load_kube_config()
    async with client.ApiClient() as api:
        extensions = client.ApiextensionsV1Api(api)
        await extensions.create_custom_resource_definition(checks.boats(GROUP))

        async def established():
            found = await extensions.read_custom_resource_definition(f"boats.{GROUP}")
            return any(each.type == "Established" and each.status == "True" for each in found.status.conditions or ())

        await eventually(established)
        body = {"apiVersion": f"{GROUP}/v1", "kind": "Boat", "metadata": {"name": "anna"}, "spec": {"port": "bergen"}}
        custom = client.CustomObjectsApi(api)
        await custom.create_namespaced_custom_object(GROUP, "v1", NS, "boats", body)
        found = await dynamic.DynamicClient(api)
        boats = await found.resources.get(api_version=f"{GROUP}/v1", kind="Boat")
        assert (await boats.get(name="anna", namespace=NS)).spec.port == "bergen"
        applied = await boats.server_side_apply(
            body={**body, "spec": {"crew": 3}}, name="anna", namespace=NS, field_manager="demo"
        )
        assert applied.spec.crew == 3
        await boats.delete(name="anna", namespace=NS)


async def check_leader_election():
    await config.load_kube_config()
    async with client.ApiClient() as api:
        leads = asyncio.Event()

        async def lead():
            leads.set()
            await asyncio.sleep(60)

        async def stop():
            return

        settings = electionconfig.Config(
            LeaseLock("elected", NS, "candidate", api), lease_duration=3, renew_deadline=2, retry_period=1,
            onstarted_leading=lead, onstopped_leading=stop,
        )  # fmt: skip
        task = asyncio.create_task(leaderelection.LeaderElection(settings).run())
        await asyncio.wait_for(leads.wait(), 10)
        lease = await client.CoordinationV1Api(api).read_namespaced_lease("elected", NS)
        assert lease.spec.holder_identity == "candidate"
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


checks.run(__name__)
