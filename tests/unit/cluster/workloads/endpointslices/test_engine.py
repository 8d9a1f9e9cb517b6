"""Endpoints: who stands behind a Service, and who no longer does."""

from typing import Any

from pilothouse.cluster.workloads.endpointslices.engine import plan_endpoints, plan_slices, trigger_time

SERVICE = {
    "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "ns", "uid": "s"},
    "spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}]},
}  # fmt: skip


def pod(name: str, ip: str, *, ready: bool = True, deleting: bool = False, port: int = 8080, app: str = "web") -> dict[str, Any]:
    meta: dict[str, Any] = {"name": name, "namespace": "ns", "uid": name, "labels": {"app": app}}
    if deleting:
        meta["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    container = {"name": "c", "ports": [{"name": "http", "containerPort": port}]}
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    return {"metadata": meta, "spec": {"nodeName": "n", "containers": [container]},
            "status": {"phase": "Running", "podIP": ip, "conditions": conditions}}  # fmt: skip


def test_ready_waiting_and_leaving_pods() -> None:
    pods = [pod("a", "10.0.0.1"), pod("b", "10.0.0.2", ready=False), pod("c", "10.0.0.3", deleting=True), pod("d", "", app="web")]
    pods.append(pod("other", "10.0.0.9", app="else"))
    (slice_,) = plan_slices(SERVICE, pods)
    conditions = {endpoint["addresses"][0]: endpoint["conditions"] for endpoint in slice_["endpoints"]}
    assert conditions == {
        "10.0.0.1": {"ready": True, "serving": True, "terminating": False},
        "10.0.0.2": {"ready": False, "serving": False, "terminating": False},
        "10.0.0.3": {"ready": False, "serving": True, "terminating": True},
    }
    assert slice_["ports"] == [{"name": "http", "port": 8080, "protocol": "TCP"}]


def test_a_slice_per_port_number_and_hundred_endpoints() -> None:
    pods = [pod(f"p{i:03}", f"10.0.{i // 200}.{i % 200 + 1}") for i in range(150)] + [pod("q", "10.1.0.1", port=9090)]
    slices = plan_slices(SERVICE, pods)
    assert sorted(len(slice_["endpoints"]) for slice_ in slices) == [1, 50, 100]


def test_an_empty_service_has_one_empty_slice() -> None:
    (slice_,) = plan_slices(SERVICE, [])
    assert slice_["endpoints"] == []


def test_legacy_endpoints() -> None:
    tree = plan_endpoints(SERVICE, [pod("a", "10.0.0.1"), pod("b", "10.0.0.2", ready=False), pod("c", "10.0.0.3", deleting=True)])
    (subset,) = tree["subsets"]
    assert [address["ip"] for address in subset["addresses"]] == ["10.0.0.1"]
    assert [address["ip"] for address in subset["notReadyAddresses"]] == ["10.0.0.2"]


def test_slices_are_marked_with_the_first_change_they_do_not_show_yet() -> None:
    service = {
        "metadata": {"name": "v", "namespace": "n", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"selector": {"app": "a"}},
    }

    def ready(at: str) -> dict[str, Any]:
        condition = {"type": "Ready", "status": "True", "lastTransitionTime": at}
        return {
            "metadata": {"name": at, "namespace": "n", "labels": {"app": "a"}},
            "spec": {},
            "status": {"podIP": "10.0.0.1", "conditions": [condition]},
        }

    pods = [ready("2026-01-01T00:02:00Z"), ready("2026-01-01T00:01:00Z")]
    assert trigger_time(service, pods) == "2026-01-01T00:00:00Z"
    assert trigger_time(service, pods, "2026-01-01T00:00:00Z") == "2026-01-01T00:01:00Z"
    assert trigger_time(service, pods, "2026-01-01T00:02:00Z") == "2026-01-01T00:02:00Z", "nothing new: the mark stays"
