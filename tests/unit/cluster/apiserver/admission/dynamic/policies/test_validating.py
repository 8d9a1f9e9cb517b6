"""ValidatingAdmissionPolicies on a server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest

from pilothouse.cluster.apiserver import ApiServer
from pilothouse.cluster.apiserver.context import Call
from pilothouse.store.memory import MemoryStore
from pilothouse.wire.http.messages import Peer, Request, Response

ADMIN = Peer(common_name="admin", organizations=("system:masters",))
REGISTRATION = "/apis/admissionregistration.k8s.io/v1/"
RULES = {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}]}
Send = Callable[[str, str, Any], Awaitable[Response]]


def on_server(story: Callable[[Send], Awaitable[None]]) -> None:
    async def run() -> None:
        server = ApiServer(MemoryStore())
        await server.start()

        async def send(method: str, path: str, body: Any = None) -> Response:
            raw = orjson.dumps(body) if body is not None else b""
            return await server.handle(Request(method, path, [], {"content-type": "application/json"}, raw, ADMIN))

        try:
            await story(send)
        finally:
            await server.stop()

    asyncio.run(run())


async def install(send: Send, spec: dict[str, Any], **binding: Any) -> None:
    policy = {"metadata": {"name": "p"}, "spec": {"matchConstraints": RULES, **spec}}
    bound = {"metadata": {"name": "b"}, "spec": {"policyName": "p", "validationActions": ["Deny"], **binding}}
    for plural, body in (("validatingadmissionpolicies", policy), ("validatingadmissionpolicybindings", bound)):
        response = await send("POST", REGISTRATION + plural, body)
        assert response.status == 201, response.body


async def create(send: Send, name: str, **data: str) -> tuple[int, dict[str, Any], Response]:
    response = await send("POST", "/api/v1/namespaces/default/configmaps", {"metadata": {"name": name}, "data": data})
    assert isinstance(response.body, bytes)
    return response.status, orjson.loads(response.body), response


def test_a_validation_that_does_not_hold_denies() -> None:
    async def story(send: Send) -> None:
        variables = [{"name": "size", "expression": "size(object.data)"}]
        validation = {
            "expression": "variables.size < 2",
            "messageExpression": "'has ' + string(variables.size)",
            "reason": "Forbidden",
        }
        await install(send, {"variables": variables, "validations": [validation]})
        assert (await create(send, "small", a="1"))[0] == 201
        status, body, _ = await create(send, "large", a="1", b="2")
        assert (status, body["reason"]) == (403, "Forbidden")
        assert body["message"] == (
            "configmaps \"large\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: has 2"
        )
        assert body["details"]["causes"] == [{"message": "has 2"}]
        assert (await send("DELETE", f"{REGISTRATION}validatingadmissionpolicybindings/b", None)).status == 200
        assert (await create(send, "large", a="1", b="2"))[0] == 201

    on_server(story)


def test_a_warning_lets_pass() -> None:
    async def story(send: Send) -> None:
        await install(send, {"validations": [{"expression": "false"}]}, validationActions=["Warn"])
        status, _, response = await create(send, "a")
        assert status == 201
        text = "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': failed expression: false"
        assert ("warning", f'299 - "{text}"') in response.headers

    on_server(story)


def test_params_come_from_the_object_a_binding_names() -> None:
    async def story(send: Send) -> None:
        await send("POST", "/api/v1/namespaces/default/configmaps", {"metadata": {"name": "limits"}, "data": {"max": "1"}})
        spec = {
            "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
            "validations": [{"expression": "size(object.data) <= int(params.data.max)"}],
        }
        reference = {"name": "limits", "namespace": "default", "parameterNotFoundAction": "Deny"}
        await install(send, spec, paramRef=reference)
        assert (await create(send, "one", a="1"))[0] == 201
        assert (await create(send, "two", a="1", b="2"))[0] == 422
        await send("DELETE", "/api/v1/namespaces/default/configmaps/limits", None)
        status, body, _ = await create(send, "three")
        assert status == 422
        assert "no params found" in body["message"]

    on_server(story)


@pytest.mark.parametrize(("policy", "status"), [("Fail", 422), ("Ignore", 201)])
def test_an_expression_that_fails_follows_the_failure_policy(policy: str, status: int) -> None:
    async def story(send: Send) -> None:
        await install(send, {"failurePolicy": policy, "validations": [{"expression": "object.nothing.here == 1"}]})
        assert (await create(send, "a"))[0] == status

    on_server(story)


def test_conditions_and_excluded_resources_limit_a_policy() -> None:
    async def story(send: Send) -> None:
        conditions = [{"name": "only-x", "expression": "object.metadata.name.startsWith('x')"}]
        await install(send, {"matchConditions": conditions, "validations": [{"expression": "false"}]})
        assert (await create(send, "a"))[0] == 201
        assert (await create(send, "x"))[0] == 422

    on_server(story)


def test_what_is_audited_is_noted_on_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    noted: dict[str, str] = {}
    monkeypatch.setattr(Call, "annotate", lambda self, key, value: noted.update({key: value}))

    async def story(send: Send) -> None:
        annotations = [
            {"key": "size", "valueExpression": "'size is ' + string(size(object.data))"},
            {"key": "no", "valueExpression": "null"},
        ]  # fmt: skip
        spec = {"validations": [{"expression": "false", "message": "never"}], "auditAnnotations": annotations}
        await install(send, spec, validationActions=["Audit", "Warn"])
        status, _, response = await create(send, "a", x="y")
        assert status == 201 and any(name == "warning" for name, _ in response.headers)

    on_server(story)
    assert noted.pop("p/size") == "size is 1"
    (failure,) = orjson.loads(noted.pop("validation.policy.admission.k8s.io/validation_failure"))
    assert failure == {
        "message": "never", "policy": "p", "binding": "b", "expressionIndex": 0, "validationActions": ["Audit", "Warn"],
    }  # fmt: skip
    assert noted == {}


def test_every_denial_is_a_cause_and_names_narrow_a_policy() -> None:
    async def story(send: Send) -> None:
        rules = {"resourceRules": [{**RULES["resourceRules"][0], "resourceNames": ["a"]}]}
        validations = [{"expression": "false", "message": "one"}, {"expression": "object.x == 1"}]
        await install(send, {"matchConstraints": rules, "validations": validations})
        status, body, _ = await create(send, "a")
        assert status == 422 and [cause["message"] for cause in body["details"]["causes"]] == [
            "one", "expression 'object.x == 1' resulted in error: no such key: x",
        ]  # fmt: skip
        assert (await create(send, "b"))[0] == 201

    on_server(story)


def test_the_authorizer_and_the_namespace_can_be_asked() -> None:
    async def story(send: Send) -> None:
        text = "authorizer.group('').resource('pods').namespace('default').check('create').allowed() && "
        await install(send, {"validations": [{"expression": text + "namespaceObject.metadata.name == 'default'"}]})
        assert (await create(send, "a"))[0] == 201

    on_server(story)
