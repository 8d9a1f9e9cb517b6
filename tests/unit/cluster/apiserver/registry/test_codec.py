"""From request bodies to custom objects."""

from __future__ import annotations

from tests.unit.cluster.apiserver.driver import Driver, crd, established, serve

WIDGETS = "/apis/example.com/v1/namespaces/default/widgets"
BODY = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "x"}}


def test_a_custom_object_says_what_it_is() -> None:
    async def test(driver: Driver) -> None:
        await established(driver, crd())
        status, value = await driver.call("POST", WIDGETS, {**BODY, "kind": "Wrong"})
        assert (status, value["details"]["kind"], value["details"]["causes"][0]["field"]) == (422, "Wrong", "kind")
        status, value = await driver.call("POST", WIDGETS, {**BODY, "apiVersion": "example.com/v9"})
        assert status == 400
        assert value["message"].startswith("the API version in the data (example.com/v9) does not match")
        status, value = await driver.call("POST", WIDGETS, {"metadata": {"name": "x"}})
        assert status == 400
        assert "Object 'Kind' is missing in" in value["message"]

    serve(test)
