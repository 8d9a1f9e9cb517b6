"""What a user wrote, read and checked; manifests of Argo CD are accepted unchanged."""

import pytest

from pilothouse.delivery.gitops.errors import SourceInvalid, SourceNotSupported
from pilothouse.delivery.gitops.types import app_of, definitions, is_local, read_app, tracking_id
from pilothouse.delivery.gitops.types.application import seconds
from pilothouse.delivery.gitops.types.operations import automated_request, read_request
from pilothouse.delivery.gitops.types.tracking import Tracking


def tree(**spec: object) -> dict[str, object]:
    base = {"source": {"repoURL": "https://git.example/x.git"}, "destination": {"namespace": "shop"}}
    return {"metadata": {"name": "a", "namespace": "argocd"}, "spec": {**base, **spec}}


def test_a_policy_is_read_with_its_retry() -> None:
    retry = {"limit": 3, "backoff": {"duration": "1m30s", "factor": 3, "maxDuration": "5m"}}
    app = read_app(tree(syncPolicy={"automated": {"prune": True}, "retry": retry, "syncOptions": ["CreateNamespace=true"]}))
    assert app.policy.is_automated
    assert app.policy.prune
    assert app.has_option("CreateNamespace=true")
    assert [app.policy.retry.wait_s(attempt) for attempt in range(3)] == [90, 270, 300]


def test_automation_can_be_held() -> None:
    policy = read_app(tree(syncPolicy={"automated": {"prune": True, "enabled": False}})).policy
    assert (policy.is_automated, policy.prune) == (False, False)


def test_durations() -> None:
    assert [seconds(text, 7) for text in ("5s", "1h2m", "500ms", "30", "", "soon", None)] == [5, 3720, 0.5, 30, 7, 7, 7]


def test_what_cannot_be_read_is_named() -> None:
    with pytest.raises(SourceInvalid, match="repoURL"):
        read_app(tree(source={}))
    with pytest.raises(SourceNotSupported, match="plugin"):
        read_app(tree(source={"repoURL": "https://git.example/x.git", "plugin": {"name": "x"}}))


def test_destinations_are_this_cluster_or_another() -> None:
    places = (
        {},
        {"name": "in-cluster"},
        {"server": "https://kubernetes.default.svc"},
        {"name": "far"},
        {"server": "https://far"},
    )
    assert [read_app(tree(destination=place)).is_local for place in places] == [True, True, True, False, False]


def test_tracking_names_application_and_object() -> None:
    identity = tracking_id(read_app(tree()), "apps", "Deployment", "shop", "web")
    assert identity == "a:apps/Deployment:shop/web"
    assert app_of({"metadata": {"annotations": {"argocd.argoproj.io/tracking-id": identity}}}) == "a"
    assert is_local("file:///srv/repo")


def test_every_object_of_a_definition_keeps_what_it_does_not_know() -> None:
    def check(schema: dict[str, object], path: str) -> None:
        if schema.get("type") == "object" and "additionalProperties" not in schema:
            assert schema.get("x-kubernetes-preserve-unknown-fields") is True, path
        for name, child in dict(schema.get("properties") or {}).items():  # type: ignore[call-overload]
            check(child, f"{path}.{name}")
        if "items" in schema:
            check(schema["items"], f"{path}[]")  # type: ignore[arg-type]

    for definition in definitions():
        schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        for name in ("spec", "status"):
            check(schema["properties"][name], f"{definition['spec']['names']['kind']}.{name}")


def test_objects_are_tracked_by_annotation_or_label() -> None:
    app = read_app(tree())
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}}
    for method in ("annotation", "label", "annotation+label"):
        tracking = Tracking(method, home="argocd")
        marked = {**target, "metadata": tracking.mark(app, target, target["metadata"])}  # type: ignore[arg-type]
        assert tracking.owner(marked) == "a"
        assert tracking.owns(app, marked)
        assert ("labels" in marked["metadata"]) == (method != "annotation")
    copied = {**marked, "metadata": {**marked["metadata"], "name": "copy"}}  # type: ignore[dict-item]
    assert not tracking.owns(app, copied)
    assert Tracking(home="elsewhere").instance("argocd", "a") == "argocd_a"


def test_what_a_sync_is_asked_to_do() -> None:
    app = read_app(tree(syncPolicy={"automated": {"prune": True}, "syncOptions": ["PrunePropagationPolicy=orphan"]}))
    automated = automated_request(app, ("abc",))
    assert (automated.prune, automated.retry.limit, automated.is_automated) == (True, 5, True)
    assert read_request(app, automated.raw) == automated
    sync = {
        "revision": "v1",
        "dryRun": True,
        "syncStrategy": {"apply": {"force": True}},
        "resources": [{"kind": "Job", "name": "a"}],
    }
    asked = read_request(app, {"sync": sync, "retry": {"limit": 2}, "initiatedBy": {"username": "me"}})
    assert (asked.revisions, asked.dry_run, asked.force, asked.skip_hooks, asked.prune) == (("v1",), True, True, True, False)
    assert (asked.retry.limit, asked.username, asked.value_of("PrunePropagationPolicy")) == (2, "me", "orphan")
