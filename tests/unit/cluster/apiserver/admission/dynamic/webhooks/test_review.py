"""What hooks answer, and what comes of answers that are wrong."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from pilothouse.cluster.apiserver.admission.dynamic.webhooks.hooks import hook_of
from pilothouse.cluster.apiserver.admission.dynamic.webhooks.review import refusal
from pilothouse.wire.http.messages import Response
from tests.unit.cluster.apiserver.admission.dynamic.webhooks.test_hooks import RAW
from tests.unit.cluster.apiserver.driver import Driver, serve
from tests.unit.cluster.apiserver.hookserver import hooks

MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.mark.parametrize(
    ("result", "code", "reason", "message"),
    [
        ({}, 400, "", "without explanation"),
        ({"message": "no", "code": 200}, 400, "", ": no"),
        ({"reason": "Forbidden", "code": 403}, 403, "Forbidden", ": Forbidden"),
        ({"message": "no", "reason": "Conflict", "code": 409, "details": {"kind": "x"}}, 409, "Conflict", ": no"),
    ],
)
def test_refusals(result: dict[str, Any], code: int, reason: str, message: str) -> None:
    error = refusal(hook_of("c", 0, RAW), result)
    assert (error.code, error.status_reason, error.details) == (code, reason, result.get("details"))
    assert error.message.startswith('admission webhook "a.example.com" denied the request') and error.message.endswith(message)


PATCH = base64.b64encode(b'[{"op":"add","path":"/data","value":{}}]').decode()


@pytest.mark.parametrize(
    ("kind", "answer", "text"),
    [
        ("validating", {"uid": "x", "allowed": True}, "received invalid webhook response: expected response.uid="),
        ("validating", {"patch": PATCH, "allowed": True}, "validating webhook may not return response.patch"),
        ("validating", {"patchType": "JSONPatch", "allowed": True}, "validating webhook may not return response.patchType"),
        ("mutating", {"patch": PATCH, "allowed": True}, "webhook returned response.patch but not response.patchType"),
        ("mutating", {"patchType": "JSONPatch", "allowed": True}, "webhook returned response.patchType but not response.patch"),
        ("mutating", {"patchType": "X", "patch": PATCH, "allowed": True}, 'unsupported patch type "X"'),
        ("mutating", {"patchType": "JSONPatch", "patch": "e30=", "allowed": True}, "received undecodable patch"),
    ],
)
def test_answers_that_break_the_protocol(kind: str, answer: dict[str, Any], text: str) -> None:
    async def test(driver: Driver) -> None:
        async with hooks(driver) as found:
            found.answers["/x"] = lambda _: answer
            await found.register(kind, "c", found.hook("/x", "configmaps"))
            status, problem = await driver.call("POST", MAPS, {"metadata": {"name": "a"}})
            assert status == 500 and problem["message"].startswith(
                'Internal error occurred: failed calling webhook "x.example.com"'
            )
            assert text in problem["message"]

    serve(test)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (Response(500, b"boom"), 'an error on the server ("boom") has prevented the request from succeeding'),
        (Response(404, b"?"), "the server could not find the requested resource"),
        (Response(200, b"["), "json parse error"),
        (Response(200, b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}'), "webhook response was absent"),
        (Response(200, b'{"response":{"uid":"","allowed":true}}'), "expected response.uid="),
    ],
)
def test_servers_that_do_not_speak_it(answer: Response, text: str) -> None:
    async def test(driver: Driver) -> None:
        async with hooks(driver) as found:
            found.answers["/x"] = lambda _: answer
            await found.register("validating", "c", found.hook("/x", "configmaps"))
            status, problem = await driver.call("POST", MAPS, {"metadata": {"name": "a"}})
            assert status == 500 and text in problem["message"]

    serve(test)


def test_warnings_are_passed_on_and_old_reviews_spoken() -> None:
    async def test(driver: Driver) -> None:
        async with hooks(driver) as found:
            found.answers["/x"] = lambda _: {"allowed": True, "warnings": ["mind the gap"]}
            await found.register("validating", "c", found.hook("/x", "configmaps", admissionReviewVersions=["v9", "v1beta1"]))
            response = await driver.send("POST", MAPS, {"metadata": {"name": "a"}})
            assert response.header("warning") == '299 - "mind the gap"'
            assert found.asked[0]["apiVersion"] == "admission.k8s.io/v1beta1"

    serve(test)
