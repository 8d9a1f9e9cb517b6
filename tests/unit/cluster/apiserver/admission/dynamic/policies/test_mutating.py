"""MutatingAdmissionPolicies on a server."""

from __future__ import annotations

from typing import Any

from tests.unit.cluster.apiserver.driver import Driver, crd, established, serve
from tests.unit.cluster.apiserver.hookserver import hooks, patch

REGISTRATION = "/apis/admissionregistration.k8s.io/v1/"
RULES = {"resourceRules": [
    {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["CREATE", "UPDATE"], "resources": ["configmaps", "deployments"]},
]}  # fmt: skip
MAPS = "/api/v1/namespaces/default/configmaps"


def apply(expression: str) -> dict[str, Any]:
    return {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}}


def operations(expression: str) -> dict[str, Any]:
    return {"patchType": "JSONPatch", "jsonPatch": {"expression": expression}}


def label(key: str, value: str) -> dict[str, Any]:
    return apply(f"Object{{metadata: Object.metadata{{labels: {{'{key}': {value}}}}}}}")


async def install(driver: Driver, name: str, *mutations: dict[str, Any], binding: Any = None, **spec: Any) -> None:
    spec = {"matchConstraints": RULES, "reinvocationPolicy": "Never", "mutations": list(mutations), **spec}
    await driver.ok("POST", REGISTRATION + "mutatingadmissionpolicies", {"metadata": {"name": name}, "spec": spec})
    bound = {"metadata": {"name": name}, "spec": {"policyName": name, **(binding or {})}}
    await driver.ok("POST", REGISTRATION + "mutatingadmissionpolicybindings", bound)


async def labels(driver: Driver, name: str, **meta: Any) -> dict[str, str]:
    body = await driver.ok("POST", MAPS, {"metadata": {"name": name, **meta}})
    found: dict[str, str] = body["metadata"].get("labels", {})
    return found


def test_a_fragment_is_merged_as_an_apply_would() -> None:
    async def test(driver: Driver) -> None:
        env = "Object.spec.template.spec.containers.env{name: 'X', value: 'y'}"
        pod = f"Object.spec.template.spec{{containers: [Object.spec.template.spec.containers{{name: 'a', env: [{env}]}}]}}"
        fragment = f"Object{{spec: Object.spec{{template: Object.spec.template{{spec: {pod}}}}}}}"
        await install(driver, "p", apply(fragment))
        pod = {
            "metadata": {"labels": {"a": "b"}},
            "spec": {"containers": [{"name": "b", "image": "i"}, {"name": "a", "image": "i"}]},
        }
        spec = {"selector": {"matchLabels": {"a": "b"}}, "template": pod}
        body = await driver.ok("POST", "/apis/apps/v1/namespaces/default/deployments", {"metadata": {"name": "d"}, "spec": spec})
        containers = body["spec"]["template"]["spec"]["containers"]
        assert [(found["name"], found["image"], found.get("env")) for found in containers] == [
            ("b", "i", None), ("a", "i", [{"name": "X", "value": "y"}]),
        ]  # fmt: skip

    serve(test)


def test_a_patch_with_variables_params_and_conditions() -> None:
    async def test(driver: Driver) -> None:
        await driver.ok("POST", MAPS, {"metadata": {"name": "params"}, "data": {"key": "a/b"}})
        path = "'/metadata/annotations/' + jsonpatch.escapeKey(variables.key)"
        text = f"""has(object.metadata.annotations) ? [JSONPatch{{op: 'add', path: {path}, value: 'yes'}}]
            : [JSONPatch{{op: 'add', path: '/metadata/annotations', value: {{}}}},
               JSONPatch{{op: 'add', path: {path}, value: 'no'}}]"""
        await install(
            driver, "p", operations(text), binding={"paramRef": {"name": "params", "parameterNotFoundAction": "Deny"}},
            paramKind={"apiVersion": "v1", "kind": "ConfigMap"}, variables=[{"name": "key", "expression": "params.data.key"}],
            matchConditions=[{"name": "named", "expression": "object.metadata.name != params.metadata.name + 'x'"}],
        )  # fmt: skip
        for name, given, expected in (("a", {"c": "d"}, "yes"), ("b", {}, "no"), ("paramsx", {}, None)):
            body = await driver.ok("POST", MAPS, {"metadata": {"name": name, "annotations": given}})
            assert body["metadata"].get("annotations", {}).get("a/b") == expected
        await driver.ok("DELETE", f"{MAPS}/params")
        status, body = await driver.call("POST", MAPS, {"metadata": {"name": "z"}})
        assert status == 403 and body["message"] == (
            "policy 'p' with binding 'p' denied request: failed to configure binding: "
            "no params found for policy binding with `Deny` parameterNotFoundAction"
        )

    serve(test)


def test_a_patch_whose_test_does_not_hold_changes_nothing() -> None:
    async def test(driver: Driver) -> None:
        steps = (
            "JSONPatch{op: 'test', path: '/metadata/name', value: 'a'}, JSONPatch{op: 'add', path: '/data', value: {'x': 'y'}}"
        )
        await install(driver, "p", operations(f"[{steps}]"))
        assert (await driver.ok("POST", MAPS, {"metadata": {"name": "a"}}))["data"] == {"x": "y"}
        assert "data" not in await driver.ok("POST", MAPS, {"metadata": {"name": "b"}})

    serve(test)


def test_what_cannot_be_applied_refuses_or_is_ignored() -> None:
    async def test(driver: Driver) -> None:
        wrong = apply("Object{metadata: Object.wrong{labels: {'a': 'b'}}}")
        await install(driver, "p", wrong, apply("Object{nothing: 1}"))
        status, body = await driver.call("POST", MAPS, {"metadata": {"name": "a"}})
        texts = (
            ('type mismatch: unexpected type name "Object.wrong", expected "Object.metadata", which matches field name path '
            "from root Object type"),
            "error applying patch: failed to convert patch object to typed object: .nothing: field not declared in schema",
        )  # fmt: skip
        messages = [f"policy 'p' with binding 'p' denied request: {text}" for text in texts]
        assert (status, body["reason"], body["message"]) == (403, "Invalid", messages[0])
        assert [cause["message"] for cause in body["details"]["causes"]] == messages
        await driver.ok("DELETE", REGISTRATION + "mutatingadmissionpolicies/p")
        await install(driver, "q", wrong, label("b", "'c'"), failurePolicy="Ignore")
        assert await labels(driver, "a") == {"b": "c"}

    serve(test)


def test_unknown_fields_of_built_in_kinds_are_an_error_whatever_the_policy_says() -> None:
    async def test(driver: Driver) -> None:
        await install(driver, "p", operations("[JSONPatch{op: 'add', path: '/nothing', value: 1}]"), failurePolicy="Ignore")
        status, body = await driver.call("POST", MAPS, {"metadata": {"name": "a"}})
        assert status == 500 and body["message"] == 'Internal error occurred: strict decoding error: unknown field "nothing"'

    serve(test)


def test_a_whole_unit_cannot_be_stated() -> None:
    async def test(driver: Driver) -> None:
        await install(driver, "p", apply("Object{spec: Object.spec{selector: Object.spec.selector{matchLabels: {'a': 'b'}}}}"))
        spec = {"selector": {"matchLabels": {"a": "b"}}, "template": {
            "metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "a", "image": "i"}]},
        }}  # fmt: skip
        deployment = {"metadata": {"name": "d"}, "spec": spec}
        status, body = await driver.call("POST", "/apis/apps/v1/namespaces/default/deployments", deployment)
        assert status == 403 and body["message"].endswith(
            "invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.selector"
        )

    serve(test)


def test_policies_run_by_name_before_webhooks_and_again_when_asked() -> None:
    async def test(driver: Driver) -> None:
        seen = "has(object.metadata.labels) ? object.metadata.labels.map(k, k).join('') : 'none'"
        await install(driver, "b", label("b", "'1'"))
        await install(driver, "a", label("a", seen), reinvocationPolicy="IfNeeded")
        async with hooks(driver) as served:
            served.answers["/label"] = patch({"op": "add", "path": "/metadata/labels/hook", "value": "1"})
            await served.register("mutating", "h", served.hook("/label", "configmaps"))
            found = await labels(driver, "x")
        assert found == {"a": "abhook", "b": "1", "hook": "1"}
        assert set(served.asked[0]["request"]["object"]["metadata"]["labels"]) == {"a", "b"}

    serve(test)


def test_custom_resources_are_changed_too() -> None:
    async def test(driver: Driver) -> None:
        await established(driver, crd())
        rule = {"apiGroups": ["example.com"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"]}
        await install(driver, "p", label("a", "object.kind"), matchConstraints={"resourceRules": [rule]})
        path = "/apis/example.com/v1/namespaces/default/widgets"
        body = await driver.ok("POST", path, {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}})
        assert body["metadata"]["labels"] == {"a": "Widget"}

    serve(test)


def test_nothing_is_done_without_a_binding_and_a_dry_run_shows_the_change() -> None:
    async def test(driver: Driver) -> None:
        await install(driver, "p", label("a", "'b'"))
        body = await driver.ok("POST", MAPS, {"metadata": {"name": "x"}}, query={"dryRun": "All"})
        assert body["metadata"]["labels"] == {"a": "b"}
        await driver.ok("DELETE", REGISTRATION + "mutatingadmissionpolicybindings/p")
        assert await labels(driver, "x") == {}

    serve(test)
