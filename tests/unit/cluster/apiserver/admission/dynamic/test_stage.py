"""The 22 conformance tests of AdmissionWebhook, with a real HTTPS webhook behind a Service."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.unit.cluster.apiserver.driver import MERGE, POD, Driver, crd, established, serve
from tests.unit.cluster.apiserver.hookserver import Hooks, allow, deny, hooks, patch

MAPS, PODS = "/api/v1/namespaces/default/configmaps", "/api/v1/namespaces/default/pods"
WIDGETS = "/apis/example.com/v1/namespaces/default/widgets"
GROUP = "/apis/admissionregistration.k8s.io/v1"
MUTATING, VALIDATING = f"{GROUP}/mutatingwebhookconfigurations", f"{GROUP}/validatingwebhookconfigurations"
TYPED = {"apiVersion": "example.com/v1", "kind": "Widget"}
PATCH = {"headers": {"content-type": MERGE}}


def stages(request: dict[str, Any]) -> dict[str, Any]:
    """Add the next stage to a ConfigMap or a custom object, as the upstream test image does."""
    data = request["object"].get("data") or {}
    added = []
    for before, after in (("mutation-start", "mutation-stage-1"), ("mutation-stage-1", "mutation-stage-2")):
        if before in data and after not in data:
            added.append({"op": "add", "path": f"/data/{after}", "value": "yes"})
            break
    return patch(*added)(request) if added else {"allowed": True}


def no_disallowed(request: dict[str, Any]) -> dict[str, Any]:
    """Refuse what has the data that a webhook is to find."""
    tree = request["object"] or request["oldObject"]
    if (tree.get("data") or {}).get("webhook-e2e-test") == "webhook-disallow":
        return {"allowed": False, "status": {"message": "the object contains unwanted key and value"}}
    return {"allowed": True}


def start(name: str, **data: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "data": {"mutation-start": "yes", **data}}


def bad(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "data": {"webhook-e2e-test": "webhook-disallow"}}


def run(test: Any) -> None:
    async def main(driver: Driver) -> None:
        account = "/api/v1/namespaces/default/serviceaccounts"
        await driver.ok("POST", account, {"metadata": {"name": "default"}})
        async with hooks(driver) as found:
            found.answers.update({"/stages": stages, "/check": no_disallowed, "/deny": deny("denied")})
            await test(driver, found)

    serve(main)


@pytest.mark.parametrize("plural", ["mutating", "validating"])
def test_listing_and_removing_configurations(plural: str) -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        path, url = {"mutating": ("/stages", MUTATING), "validating": ("/check", VALIDATING)}[plural]
        for number in range(2):
            body = {"metadata": {"name": f"c{number}", "labels": {"e2e": "list"}}, "webhooks": [found.hook(path, "configmaps")]}
            await driver.ok("POST", url, body)
        listed = await driver.ok("GET", url, query={"labelSelector": "e2e=list"})
        assert len(listed["items"]) == 2
        status, made = await driver.call("POST", MAPS, {**start("a"), **bad("a")} if plural == "validating" else start("a"))
        assert (status == 400) if plural == "validating" else ("mutation-stage-1" in made["data"])
        await driver.ok("DELETE", url, query={"labelSelector": "e2e=list"})
        made = await driver.ok("POST", MAPS, bad("b") if plural == "validating" else start("b"))
        assert "mutation-stage-1" not in made["data"]

    run(test)


def test_patching_and_updating_a_mutating_configuration() -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        await found.register("mutating", "c", found.hook("/stages", "configmaps"))
        tree = await driver.ok("GET", f"{MUTATING}/c")
        tree["webhooks"][0]["rules"][0]["operations"] = ["UPDATE"]
        await driver.ok("PUT", f"{MUTATING}/c", tree)
        assert "mutation-stage-1" not in (await driver.ok("POST", MAPS, start("a")))["data"]
        change = [{"op": "replace", "path": "/webhooks/0/rules/0/operations", "value": ["CREATE"]}]
        await driver.ok("PATCH", f"{MUTATING}/c", change, headers={"content-type": "application/json-patch+json"})
        assert (await driver.ok("POST", MAPS, start("b")))["data"]["mutation-stage-1"] == "yes"

    run(test)


def test_patching_and_updating_a_validating_configuration() -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        await found.register("validating", "c", found.hook("/check", "configmaps"))
        assert (await driver.call("POST", MAPS, bad("a")))[0] == 400
        tree = await driver.ok("GET", f"{VALIDATING}/c")
        tree["webhooks"][0]["rules"][0]["operations"] = ["UPDATE"]
        await driver.ok("PUT", f"{VALIDATING}/c", tree)
        await driver.ok("POST", MAPS, bad("a"))
        change = [{"op": "replace", "path": "/webhooks/0/rules/0/operations", "value": ["CREATE"]}]
        await driver.ok("PATCH", f"{VALIDATING}/c", change, headers={"content-type": "application/json-patch+json"})
        assert (await driver.call("POST", MAPS, bad("b")))[0] == 400

    run(test)


CONDITIONS = [
    {"name": "not-skipped", "expression": "object.metadata.name != 'skip'"},
    {"name": "by-admin", "expression": "request.userInfo.username == 'admin' && request.operation == 'CREATE'"},
]


def test_mutating_with_match_conditions() -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        await found.register("mutating", "c", found.hook("/stages", "configmaps", matchConditions=CONDITIONS[1:]))
        tree = await driver.ok("GET", f"{MUTATING}/c")
        assert tree["webhooks"][0]["matchConditions"] == CONDITIONS[1:]
        tree["webhooks"][0]["matchConditions"] = CONDITIONS
        await driver.ok("PUT", f"{MUTATING}/c", tree)
        assert "mutation-stage-1" not in (await driver.ok("POST", MAPS, start("skip")))["data"]
        assert "mutation-stage-1" in (await driver.ok("POST", MAPS, start("seen")))["data"]

    run(test)


def test_validating_with_match_conditions() -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        await found.register("validating", "c", found.hook("/deny", "configmaps", matchConditions=CONDITIONS))
        await driver.ok("POST", MAPS, {"metadata": {"name": "skip"}})
        assert (await driver.call("POST", MAPS, {"metadata": {"name": "seen"}}))[0] == 400
        broken = [{"name": "error", "expression": "object.nothing == 'x'"}]
        await found.register("validating", "d", found.hook("/deny", "secrets", matchConditions=broken))
        status, answer = await driver.call("POST", "/api/v1/namespaces/default/secrets", {"metadata": {"name": "s"}})
        assert status == 403 and "no such key: nothing" in answer["message"]

    run(test)


@pytest.mark.parametrize("url", [MUTATING, VALIDATING])
def test_invalid_match_conditions_are_refused(url: str) -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        hook = found.hook("/deny", "configmaps", matchConditions=[{"name": "x", "expression": "... [] bad expression"}])
        status, answer = await driver.call("POST", url, {"metadata": {"name": "c"}, "webhooks": [hook]})
        assert status == 422 and "compilation failed" in answer["message"]
        hook["matchConditions"] = [{"name": "x", "expression": "1"}]
        _, answer = await driver.call("POST", url, {"metadata": {"name": "c"}, "webhooks": [hook]})
        assert "must evaluate to bool but got int" in answer["message"]

    run(test)


def test_attaching_can_be_denied() -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        await found.register("validating", "c", found.hook("/deny", "pods/attach", operations=("CONNECT",)))
        await driver.ok("POST", PODS, POD)
        status, answer = await driver.call("POST", f"{PODS}/p/attach", query={"stdin": "true"})
        assert status == 400 and "denied the request: denied" in answer["message"]
        asked = found.asked[-1]["request"]
        assert (
            asked["operation"] == "CONNECT" and asked["kind"]["kind"] == "PodAttachOptions" and asked["object"]["stdin"] is True
        )
        assert asked["subResource"] == "attach" and asked["name"] == "p"

    run(test)


def test_pods_and_config_maps_can_be_denied() -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        both = ("CREATE", "UPDATE")
        exempt = {"matchExpressions": [{"key": "skip", "operator": "NotIn", "values": ["yes"]}]}
        nobody = found.hook("/check", "configmaps", name="open.example.com", failurePolicy="Ignore")
        nobody["clientConfig"] = {"service": {"namespace": "default", "name": "nobody", "path": "/x"}}
        await found.register("validating", "c", found.hook("/deny", "pods"), nobody,
                             found.hook("/check", "configmaps", operations=both, namespaceSelector=exempt))  # fmt: skip
        status, answer = await driver.call("POST", PODS, POD)
        assert status == 400 and answer["message"] == 'admission webhook "deny.example.com" denied the request: denied'
        assert (await driver.call("POST", MAPS, bad("a")))[0] == 400
        await driver.ok("POST", MAPS, {"metadata": {"name": "a"}})
        assert (await driver.call("PUT", f"{MAPS}/a", bad("a")))[0] == 400
        assert (await driver.call("PATCH", f"{MAPS}/a", {"data": bad("a")["data"]}, **PATCH))[0] == 400
        await driver.ok("POST", "/api/v1/namespaces", {"metadata": {"name": "other", "labels": {"skip": "yes"}}})
        await driver.ok("POST", "/api/v1/namespaces/other/configmaps", bad("a"))

    run(test)


def test_custom_objects_can_be_denied_and_kept() -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        await custom(driver)
        operations = ("CREATE", "UPDATE", "DELETE")
        await found.register("validating", "c", found.hook("/check", "widgets", operations=operations))
        status, answer = await driver.call("POST", WIDGETS, TYPED | bad("w"))
        assert status == 400 and "unwanted key and value" in answer["message"]
        made = await driver.ok("POST", WIDGETS, TYPED | {"metadata": {"name": "w"}, "data": {"x": "y"}})
        changed = {**made, "data": bad("w")["data"]}
        assert (await driver.call("PUT", f"{WIDGETS}/w", changed))[0] == 400
        await driver.ok("DELETE", f"{VALIDATING}/c")
        await driver.ok("PUT", f"{WIDGETS}/w", changed)
        await found.register("validating", "c", found.hook("/check", "widgets", operations=operations))
        assert (await driver.call("DELETE", f"{WIDGETS}/w"))[0] == 400
        asked = found.asked[-1]["request"]
        assert asked["object"] is None and asked["oldObject"]["metadata"]["name"] == "w"
        assert asked["options"]["kind"] == "DeleteOptions"
        await driver.ok("PATCH", f"{WIDGETS}/w", {"data": {"webhook-e2e-test": "fine"}}, **PATCH)
        await driver.ok("DELETE", f"{WIDGETS}/w")

    run(test)


async def custom(driver: Driver, **version: Any) -> None:
    fields = {"mutation-start": {"type": "string"}, "mutation-stage-1": {"type": "string"}}
    data = {"type": "object", "properties": fields} if version.pop("pruning", False) else \
        {"type": "object", "x-kubernetes-preserve-unknown-fields": True}  # fmt: skip
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"data": data}}}
    await established(driver, crd(schema=schema, **version))


def test_definitions_can_be_denied() -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        await found.register("validating", "c", found.hook("/deny", "customresourcedefinitions"))
        status, answer = await driver.call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd())
        assert status == 400 and "denied the request" in answer["message"]

    run(test)


def test_the_timeout_is_kept() -> None:
    async def slow(_: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(1.3)
        return {"allowed": True}

    async def test(driver: Driver, found: Hooks) -> None:
        found.answers["/slow"] = slow
        await found.register("validating", "c", found.hook("/slow", "configmaps", timeoutSeconds=1))
        status, answer = await driver.call("POST", MAPS, {"metadata": {"name": "a"}})
        text = 'failed calling webhook "slow.example.com": failed to call webhook: '
        text += 'Post "https://hooks.default.svc:8443/slow?timeout=1s": context deadline exceeded'
        assert status == 500 and answer["message"] == f"Internal error occurred: {text}"
        await driver.ok("PATCH", f"{VALIDATING}/c", {"webhooks": [found.hook("/slow", "configmaps", timeoutSeconds=1,
                        failurePolicy="Ignore")]}, **PATCH)  # fmt: skip
        await driver.ok("POST", MAPS, {"metadata": {"name": "a"}})
        assert found.queries[-1] == {"timeout": "1s"}

    run(test)


def test_the_resources_are_in_discovery() -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        groups = await driver.ok("GET", "/apis")
        group = next(group for group in groups["groups"] if group["name"] == "admissionregistration.k8s.io")
        assert group["preferredVersion"]["version"] == "v1"
        resources = {row["name"] for row in (await driver.ok("GET", GROUP))["resources"]}
        assert {"mutatingwebhookconfigurations", "validatingwebhookconfigurations"} <= resources

    run(test)


def test_config_maps_are_mutated_in_stages() -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        await found.register("mutating", "c", found.hook("/stages", "configmaps", name="one.example.com"),
                             found.hook("/stages", "configmaps", name="two.example.com"))  # fmt: skip
        made = await driver.ok("POST", MAPS, start("a"))
        assert made["data"] == {"mutation-start": "yes", "mutation-stage-1": "yes", "mutation-stage-2": "yes"}
        entries = made["metadata"]["managedFields"]
        assert [entry["manager"] for entry in entries] == ["unit"]
        assert "f:mutation-stage-1" not in entries[0]["fieldsV1"]["f:data"]

    run(test)


@pytest.mark.parametrize("is_pruning", [False, True])
def test_custom_objects_are_mutated_and_pruned(is_pruning: bool) -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        await custom(driver, pruning=is_pruning)
        await found.register("mutating", "c", found.hook("/stages", "widgets", name="one.example.com"),
                             found.hook("/stages", "widgets", name="two.example.com"))  # fmt: skip
        made = await driver.ok("POST", WIDGETS, TYPED | start("w"))
        wanted = {"mutation-start": "yes", "mutation-stage-1": "yes"} | ({} if is_pruning else {"mutation-stage-2": "yes"})
        assert made["data"] == wanted and await driver.ok("GET", f"{WIDGETS}/w") == made
        seen = found.asked[1]["request"]["object"]["data"]
        assert seen["mutation-stage-1"] == "yes"

    run(test)


def test_custom_objects_of_another_stored_version_are_mutated() -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        await custom(driver)
        await found.register("mutating", "c", found.hook("/stages", "widgets", operations=("CREATE", "UPDATE")))
        await driver.ok("POST", WIDGETS, TYPED | start("w"))
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com"
        tree = await driver.ok("GET", path)
        first = tree["spec"]["versions"][0]
        tree["spec"]["versions"] = [{**first, "storage": False}, {**first, "name": "v2", "storage": True}]
        await driver.ok("PUT", path, tree)
        await asyncio.sleep(0.02)
        change = {"data": {"mutation-start": "yes", "mutation-stage-1": None}}
        changed = await driver.ok("PATCH", f"{WIDGETS}/w", change, **PATCH)
        assert changed["data"]["mutation-stage-1"] == "yes" and changed["apiVersion"] == "example.com/v1"

    run(test)


def test_everything_but_what_a_selector_skips_is_mutated() -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        skip = {"matchExpressions": [{"key": "skip-me", "operator": "DoesNotExist"}]}
        await found.register("mutating", "c", found.hook("/stages", "configmaps", objectSelector=skip))
        skipped = start("a")
        skipped["metadata"]["labels"] = {"skip-me": "yes"}
        assert "mutation-stage-1" not in (await driver.ok("POST", MAPS, skipped))["data"]
        assert "mutation-stage-1" in (await driver.ok("POST", MAPS, start("b")))["data"]

    run(test)


def test_pods_are_mutated_and_then_get_defaults() -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        added = {"name": "webhook-added-init-container", "image": "img"}
        found.answers["/init"] = patch({"op": "add", "path": "/spec/initContainers", "value": [added]})
        await found.register("mutating", "c", found.hook("/init", "pods"))
        made = await driver.ok("POST", PODS, POD)
        init = made["spec"]["initContainers"][0]
        assert init["name"] == added["name"] and init["terminationMessagePolicy"] == "File"
        mounts = {mount["name"] for container in (init, made["spec"]["containers"][0]) for mount in container["volumeMounts"]}
        assert len(mounts) == 1 and len(made["spec"]["volumes"]) == 1

    run(test)


def test_mutated_objects_still_get_generated_names() -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        found.answers["/label"] = patch({"op": "add", "path": "/metadata/labels", "value": {"mutated": "yes"}})
        await found.register("mutating", "c", found.hook("/label", "configmaps"))
        made = await driver.ok("POST", MAPS, {"metadata": {"generateName": "map-"}})
        assert made["metadata"]["name"].startswith("map-") and made["metadata"]["labels"] == {"mutated": "yes"}
        assert found.asked[0]["request"].get("name", "") == ""
        found.answers["/label"] = patch({"op": "add", "path": "/metadata/labels", "value": {"not a label": "yes"}})
        status, answer = await driver.call("POST", MAPS, {"metadata": {"name": "a"}})
        assert status == 422 and "not a label" in answer["message"]

    run(test)


def test_configurations_cannot_be_mutated_or_kept_by_webhooks() -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        found.answers["/label"] = patch({"op": "add", "path": "/metadata/labels", "value": {"mutated": "yes"}})
        every, kinds = ("CREATE", "UPDATE", "DELETE"), ("mutatingwebhookconfigurations", "validatingwebhookconfigurations")
        await found.register("validating", "v", found.hook("/deny", *kinds, operations=every))
        await found.register("mutating", "m", found.hook("/label", *kinds, operations=every))
        for url in (MUTATING, VALIDATING):
            made = await driver.ok("POST", url, {"metadata": {"name": "dummy"}, "webhooks": [found.hook("/deny", "nothing")]})
            assert "labels" not in made["metadata"]
            await driver.ok("DELETE", f"{url}/dummy")
        assert found.asked == []

    run(test)


def test_a_webhook_that_fails_closed_refuses_everything() -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        hook = found.hook("/check", "configmaps")
        hook["clientConfig"] = {"service": {"namespace": "default", "name": "nobody", "path": "/x"}}
        await found.register("validating", "c", hook)
        status, answer = await driver.call("POST", MAPS, {"metadata": {"name": "a"}})
        text = 'failed calling webhook "check.example.com": failed to call webhook: '
        text += 'Post "https://nobody.default.svc:443/x?timeout=10s": service "nobody" not found'
        assert status == 500 and answer["reason"] == "InternalError"
        assert answer["details"]["causes"] == [{"message": text}] and answer["message"] == f"Internal error occurred: {text}"

    run(test)


def test_broken_managed_fields_are_put_back() -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        found.answers["/break"] = patch({"op": "replace", "path": "/metadata/managedFields/0/operation", "value": "Steal"})
        await found.register("mutating", "c", found.hook("/break", "configmaps"))
        response = await driver.send("POST", MAPS, {"metadata": {"name": "a"}, "data": {"x": "y"}})
        assert ".metadata.managedFields was in an invalid state after admission" in response.header("warning")
        made = await driver.ok("GET", f"{MAPS}/a")
        assert made["metadata"]["managedFields"][0]["operation"] == "Update"

    run(test)


def test_a_patch_that_cannot_be_applied_refuses_the_request() -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        found.answers["/odd"] = patch({"op": "remove", "path": "/nothing/there"})
        found.answers["/kind"] = patch({"op": "add", "path": "/data", "value": ["no", "map"]})
        await found.register("mutating", "c", found.hook("/odd", "configmaps"), found.hook("/kind", "secrets"),
                             found.hook("/odd", "pods", operations=("DELETE",), name="gone.example.com"))  # fmt: skip
        status, answer = await driver.call("POST", MAPS, {"metadata": {"name": "a"}})
        assert status == 500 and answer["reason"] == "InternalError"
        assert (await driver.call("POST", "/api/v1/namespaces/default/secrets", {"metadata": {"name": "a"}}))[0] == 500
        await driver.ok("POST", PODS, POD)
        _, answer = await driver.call("DELETE", f"{PODS}/p")
        assert "attempted to modify the object, which is not supported for this operation" in answer["message"]

    run(test)


def test_hooks_that_ask_for_it_see_what_later_ones_changed() -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        found.answers["/first"] = allow
        found.answers["/second"] = patch({"op": "add", "path": "/data", "value": {"added": "yes"}})
        await found.register("mutating", "c", found.hook("/first", "configmaps", reinvocationPolicy="IfNeeded"),
                             found.hook("/second", "configmaps"))  # fmt: skip
        await driver.ok("POST", MAPS, {"metadata": {"name": "a"}})
        assert ["data" in review["request"]["object"] for review in found.asked] == [False, False, True]

    run(test)


def test_scale_status_eviction_and_dry_runs_are_told_apart() -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        found.answers["/see"] = allow
        found.answers["/five"] = patch({"op": "add", "path": "/spec/replicas", "value": 5})
        every = ("CREATE", "UPDATE", "DELETE")
        await found.register("validating", "v", found.hook("/see", "*/*", operations=every))
        await found.register("mutating", "m", found.hook("/five", "deployments/scale", operations=("UPDATE",)))
        labels = {"app": "x"}
        template = {"metadata": {"labels": labels}, "spec": POD["spec"]}
        deployment = {"metadata": {"name": "d"}, "spec": {"selector": {"matchLabels": labels}, "template": template}}
        path = "/apis/apps/v1/namespaces/default/deployments"
        await driver.ok("POST", path, deployment, query={"dryRun": "All"})
        assert found.asked[-1]["request"]["dryRun"] is True and found.asked[-1]["request"]["options"]["dryRun"] == ["All"]
        await driver.ok("POST", path, deployment)
        scaled = await driver.ok("PATCH", f"{path}/d/scale", {"spec": {"replicas": 3}}, **PATCH)
        assert scaled["spec"]["replicas"] == 5
        asked = found.asked[-1]["request"]
        assert asked["kind"] == {"group": "autoscaling", "version": "v1", "kind": "Scale"} and asked["subResource"] == "scale"
        assert asked["object"]["spec"] == {"replicas": 5} and asked["oldObject"]["spec"] == {"replicas": 1}
        await driver.ok("POST", PODS, POD)
        count = len(found.asked)
        await driver.ok("POST", f"{PODS}/p/eviction", {"metadata": {"name": "p"}})
        seen = [(review["request"]["operation"], review["request"]["kind"]["kind"]) for review in found.asked[count:]]
        assert seen == [("CREATE", "Eviction")]

    run(test)


def test_reviews_and_bindings_that_are_not_stored_are_seen() -> None:
    async def test(driver: Driver) -> None:
        async with hooks(driver) as served:
            served.answers |= {"/a": deny("no questions"), "/b": deny("no binding"), "/c": allow}
            resources = ("subjectaccessreviews", "localsubjectaccessreviews", "tokenreviews")
            await served.register("validating", "h", served.hook("/a", *resources), served.hook("/b", "bindings"))
            await served.register("mutating", "m", served.hook("/c", "*"))
            attributes = {"namespace": "default", "verb": "get", "resource": "pods"}
            spec = {"user": "u", "resourceAttributes": attributes}
            for path, body in (
                ("/apis/authorization.k8s.io/v1/subjectaccessreviews", {"spec": spec}),
                ("/apis/authorization.k8s.io/v1/namespaces/default/localsubjectaccessreviews", {"spec": spec}),
                ("/apis/authentication.k8s.io/v1/tokenreviews", {"spec": {"token": "t"}}),
                ("/api/v1/namespaces/default/bindings", {"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n"}}),
            ):
                status, answer = await driver.call("POST", path, body)
                assert status == 400 and "denied the request: no " in answer["message"], answer
        kinds = {review["request"]["kind"]["kind"] for review in served.asked}
        assert kinds == {"SubjectAccessReview", "LocalSubjectAccessReview", "TokenReview", "Binding"}

    serve(test)
