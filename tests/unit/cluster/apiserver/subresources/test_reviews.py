"""Reviews: what may be asked, and in which form they are answered."""

from __future__ import annotations

from tests.unit.cluster.apiserver.driver import Driver, serve

PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
BODY = {"spec": {"nonResourceAttributes": {"verb": "get", "path": "/"}}}
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


def test_a_review_has_no_table() -> None:
    async def test(driver: Driver) -> None:
        status, refused = await driver.call("POST", PATH, BODY, headers={"accept": TABLE})
        assert (status, refused["reason"]) == (406, "NotAcceptable")
        status, answer = await driver.call("POST", PATH, BODY, headers={"accept": f"{TABLE},application/json"})
        assert (status, answer["status"]) == (201, {"allowed": True})

    serve(test)


def test_a_review_is_answered_in_the_form_asked_for() -> None:
    async def test(driver: Driver) -> None:
        for accept, start in (("application/vnd.kubernetes.protobuf", b"k8s\0"), ("application/yaml", b"apiVersion: auth")):
            response = await driver.send("POST", PATH, BODY, headers={"accept": accept})
            assert response.content_type == accept
            assert (await response.read()).startswith(start)

    serve(test)
