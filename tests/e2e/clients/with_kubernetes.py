"""The official Python client, `kubernetes`."""

import os
import threading

import checks
from kubernetes import client, config, dynamic, informer, utils, watch
from kubernetes.client.exceptions import ApiException
from kubernetes.dynamic.exceptions import ConflictError, NotFoundError
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.leaselock import LeaseLock
from kubernetes.stream import portforward, stream

config.load_kube_config()
NS = os.environ["NS"]
core, apps, custom = client.CoreV1Api(), client.AppsV1Api(), client.CustomObjectsApi()
GROUP = "official.example.com"


def config_map(name, **data):
    return client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name, labels={"app": "demo"}), data=data)


def failure(call, *arguments, **options):
    try:
        call(*arguments, **options)
    except ApiException as error:
        return error
    raise AssertionError("no error")


def check_versions():
    assert client.VersionApi().get_code().minor == "36"
    assert "apps" in [group.name for group in client.ApisApi().get_api_versions().groups]


def check_crud():
    made = core.create_namespaced_config_map(NS, config_map("crud", color="blue"))
    assert made.metadata.uid and made.metadata.creation_timestamp.tzinfo
    made.data["size"] = "xl"
    replaced = core.replace_namespaced_config_map("crud", NS, made)
    assert replaced.data == {"color": "blue", "size": "xl"}
    listed = core.list_namespaced_config_map(NS, label_selector="app=demo", field_selector="metadata.name=crud")
    assert [item.metadata.name for item in listed.items] == ["crud"]
    assert core.delete_namespaced_config_map("crud", NS)["status"] == "Success"


def check_patches():
    core.create_namespaced_config_map(NS, config_map("patched", color="blue"))
    assert core.patch_namespaced_config_map("patched", NS, {"data": {"a": "1"}}).data["a"] == "1"
    operations = [{"op": "add", "path": "/data/b", "value": "2"}]
    assert core.patch_namespaced_config_map("patched", NS, operations).data["b"] == "2"


def check_errors():
    missing = failure(core.read_namespaced_config_map, "nosuch", NS)
    assert (missing.status, missing.reason) == (404, "Not Found") and '"reason":"NotFound"' in missing.body
    assert failure(core.create_namespaced_config_map, NS, config_map("Bad_Name")).status == 422
    made = core.create_namespaced_config_map(NS, config_map("stale"))
    core.patch_namespaced_config_map("stale", NS, {"data": {"a": "1"}})
    assert failure(core.replace_namespaced_config_map, "stale", NS, made).status == 409


def check_deployments_scale_and_status():
    container = client.V1Container(name="c", image="host", command=["sleep", "600"])
    template = client.V1PodTemplateSpec(
        metadata=client.V1ObjectMeta(labels={"app": "scaled"}),
        spec=client.V1PodSpec(containers=[container], termination_grace_period_seconds=1),
    )
    selector = client.V1LabelSelector(match_labels={"app": "scaled"})
    spec = client.V1DeploymentSpec(replicas=1, selector=selector, template=template)
    apps.create_namespaced_deployment(NS, client.V1Deployment(metadata=client.V1ObjectMeta(name="scaled"), spec=spec))
    checks.until(lambda: apps.read_namespaced_deployment_status("scaled", NS).status.ready_replicas == 1)
    apps.patch_namespaced_deployment_scale("scaled", NS, {"spec": {"replicas": 2}})
    checks.until(lambda: apps.read_namespaced_deployment("scaled", NS).status.ready_replicas == 2)
    assert apps.read_namespaced_deployment_scale("scaled", NS).spec.replicas == 2
    apps.delete_namespaced_deployment("scaled", NS, propagation_policy="Foreground")
    checks.until(lambda: not core.list_namespaced_pod(NS, label_selector="app=scaled").items)


def check_watch_resumes():
    version = core.list_namespaced_config_map(NS).metadata.resource_version
    core.create_namespaced_config_map(NS, config_map("watched"))
    core.patch_namespaced_config_map("watched", NS, {"data": {"a": "1"}})
    seen = []
    watcher = watch.Watch()
    for event in watcher.stream(core.list_namespaced_config_map, NS, resource_version=version, timeout_seconds=10):
        seen.append((event["type"], event["object"].metadata.name))
        watcher.stop()
    core.delete_namespaced_config_map("watched", NS)
    more = watch.Watch()
    for event in more.stream(core.list_namespaced_config_map, NS, resource_version=watcher.resource_version, timeout_seconds=10):
        seen.append((event["type"], event["object"].metadata.name))
        if event["type"] == "DELETED":
            more.stop()
    assert seen == [("ADDED", "watched"), ("MODIFIED", "watched"), ("DELETED", "watched")]


def check_watch_ends_in_time():
    assert not list(watch.Watch().stream(core.list_namespaced_endpoints, NS, timeout_seconds=1))


def check_pod_logs_exec_and_port_forward():
    utils.create_from_dict(client.ApiClient(), {**checks.POD, "metadata": {**checks.POD["metadata"], "namespace": NS}})
    for event in watch.Watch().stream(core.list_namespaced_pod, NS, label_selector="app=shell", timeout_seconds=20):
        if any(status.ready for status in event["object"].status.container_statuses or ()):
            break
    assert core.read_namespaced_pod_log("shell", NS) == "hello\n"
    follow = watch.Watch()
    for line in follow.stream(core.read_namespaced_pod_log, "shell", NS):
        assert line == "hello"
        follow.stop()
    assert stream(core.connect_get_namespaced_pod_exec, "shell", NS, command=["pwd"], stdout=True, stderr=True)
    script = "read line; echo got $line; echo bad >&2; exit 3"
    session = stream(
        core.connect_get_namespaced_pod_exec, "shell", NS, command=["sh", "-c", script],
        stdin=True, stdout=True, stderr=True, _preload_content=False,
    )  # fmt: skip
    session.write_stdin("typed\n")
    session.run_forever(timeout=10)
    assert session.read_stdout() == "got typed\n" and session.read_stderr() == "bad\n" and session.returncode == 3
    forward = portforward(core.connect_get_namespaced_pod_portforward, "shell", NS, ports="8000")
    socket = forward.socket(8000)
    socket.settimeout(10)
    socket.sendall(b"GET / HTTP/1.0\r\n\r\n")
    assert socket.recv(100).startswith(b"HTTP/1.0 200")
    refused = failure(stream, core.connect_get_namespaced_pod_exec, "nosuch", NS, command=["pwd"], stdout=True)
    assert "404 Not Found" in refused.reason


def check_custom_objects():
    extensions = client.ApiextensionsV1Api()
    extensions.create_custom_resource_definition(checks.boats(GROUP))
    checks.until(
        lambda: any(
            condition.type == "Established" and condition.status == "True"
            for condition in extensions.read_custom_resource_definition(f"boats.{GROUP}").status.conditions or ()
        )
    )
    where = (GROUP, "v1", NS, "boats")
    body = {"apiVersion": f"{GROUP}/v1", "kind": "Boat", "metadata": {"name": "anna"}, "spec": {"port": "bergen"}}
    custom.create_namespaced_custom_object(*where, body)
    custom.patch_namespaced_custom_object(*where, "anna", {"spec": {"crew": 2}})
    custom.patch_namespaced_custom_object_status(*where, "anna", {"status": {"ready": True}})
    found = custom.get_namespaced_custom_object(*where, "anna")
    assert found["spec"] == {"port": "bergen", "crew": 2} and found["status"] == {"ready": True}
    assert len(custom.list_namespaced_custom_object(*where)["items"]) == 1
    custom.delete_namespaced_custom_object(*where, "anna")


def check_dynamic_client():
    found = dynamic.DynamicClient(client.ApiClient())
    boats = found.resources.get(api_version=f"{GROUP}/v1", kind="Boat")
    body = {"apiVersion": f"{GROUP}/v1", "kind": "Boat", "metadata": {"name": "berta"}, "spec": {"port": "oslo"}}
    made = boats.create(body=body, namespace=NS)
    try:
        boats.create(body=body, namespace=NS)
        raise AssertionError("no conflict")
    except ConflictError:
        pass
    assert boats.get(name="berta", namespace=NS).spec.port == "oslo"
    applied = boats.server_side_apply(
        body={**body, "spec": {"crew": 4}}, name="berta", namespace=NS, field_manager="demo", force_conflicts=True
    )
    assert applied.spec.to_dict() == {"port": "oslo", "crew": 4}
    patch = {"metadata": {"name": "berta"}, "spec": {"crew": 5}}
    boats.patch(body=patch, namespace=NS, content_type="application/merge-patch+json")
    for event in boats.watch(namespace=NS, timeout=10, resource_version=made.metadata.resourceVersion):
        assert event["type"] == "MODIFIED"
        break
    boats.status.patch(
        body={**patch, "status": {"ready": True}}, namespace=NS, name="berta", content_type="application/merge-patch+json"
    )
    boats.delete(name="berta", namespace=NS)
    try:
        boats.get(name="berta", namespace=NS)
        raise AssertionError("still there")
    except NotFoundError:
        pass


def check_shared_informer():
    seen = []
    shared = informer.SharedInformer(core.list_namespaced_config_map, namespace=NS, label_selector="informed=yes")
    for kind in (informer.ADDED, informer.MODIFIED, informer.DELETED):
        shared.add_event_handler(kind, lambda found, kind=kind: seen.append((kind, found.metadata.name)))
    shared.start()
    made = config_map("informed")
    made.metadata.labels["informed"] = "yes"
    core.create_namespaced_config_map(NS, made)
    checks.until(lambda: ("ADDED", "informed") in seen)
    core.patch_namespaced_config_map("informed", NS, {"data": {"a": "1"}})
    checks.until(lambda: ("MODIFIED", "informed") in seen)
    core.delete_namespaced_config_map("informed", NS)
    checks.until(lambda: ("DELETED", "informed") in seen)
    shared.stop()


def check_leader_election():
    leads = threading.Event()
    lock = LeaseLock("elected", NS, "candidate")
    settings = electionconfig.Config(
        lock, lease_duration=3, renew_deadline=2, retry_period=1, onstarted_leading=leads.set, onstopped_leading=None
    )
    threading.Thread(target=leaderelection.LeaderElection(settings).run, daemon=True).start()
    assert leads.wait(10)
    assert client.CoordinationV1Api().read_namespaced_lease("elected", NS).spec.holder_identity == "candidate"


def check_tokens_and_access():
    account = client.V1ServiceAccount(metadata=client.V1ObjectMeta(name="robot"))
    core.create_namespaced_service_account(NS, account)
    request = client.AuthenticationV1TokenRequest(spec=client.V1TokenRequestSpec(audiences=[]))
    assert core.create_namespaced_service_account_token("robot", NS, request).status.token.count(".") == 2
    review = client.V1SelfSubjectAccessReview(
        spec=client.V1SelfSubjectAccessReviewSpec(resource_attributes=client.V1ResourceAttributes(verb="get", resource="pods"))
    )
    assert client.AuthorizationV1Api().create_self_subject_access_review(review).status.allowed


def check_eviction_and_collections():
    eviction = client.V1Eviction(metadata=client.V1ObjectMeta(name="shell", namespace=NS))
    core.create_namespaced_pod_eviction("shell", NS, eviction)
    checks.until(lambda: not core.list_namespaced_pod(NS, label_selector="app=shell").items)
    core.delete_collection_namespaced_config_map(NS, label_selector="app=demo")
    assert not core.list_namespaced_config_map(NS, label_selector="app=demo").items


checks.run(__name__)
