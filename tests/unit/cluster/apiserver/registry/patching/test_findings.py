"""What fieldValidation says about patches."""

from __future__ import annotations

from tests.unit.cluster.apiserver.driver import MERGE, Driver, serve

PATH = "/api/v1/namespaces/default/configmaps"


def test_unknown_and_repeated_fields_of_a_patch_are_refused_warned_about_or_ignored() -> None:
    async def test(driver: Driver) -> None:
        await driver.ok("POST", PATH, {"metadata": {"name": "x"}})
        raw = b'{"bogus": 1, "data": {"a": "1", "a": "2"}}'
        for mode, status in (("Strict", 422), ("Warn", 200), ("Ignore", 200)):
            answer = await driver.send(
                "PATCH", f"{PATH}/x", raw=raw, headers={"content-type": MERGE}, query={"fieldValidation": mode}
            )
            text = (
                str(await answer.read())
                if mode == "Strict"
                else " ".join(value for key, value in answer.headers if key == "warning")
            )
            assert answer.status == status
            assert ("unknown field" in text and "duplicate field" in text) is (mode != "Ignore")

    serve(test)
