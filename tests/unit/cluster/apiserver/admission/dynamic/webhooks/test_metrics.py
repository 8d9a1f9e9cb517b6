"""Webhooks in numbers."""

from __future__ import annotations

from tests.unit.cluster.apiserver.driver import Driver, serve
from tests.unit.cluster.apiserver.hookserver import allow, deny, hooks

MAPS = "/api/v1/namespaces/default/configmaps"
PREFIX = "apiserver_admission_webhook_"


def test_calls_refusals_and_failures_are_counted() -> None:
    async def test(driver: Driver) -> None:
        async with hooks(driver) as served:
            served.answers |= {"/good": allow, "/bad": deny("no", code=1234), "/odd": lambda _: {"allowed": "yes", "patch": "x"}}
            await served.register("mutating", "m", served.hook("/good", "configmaps"))
            ignoring = served.hook("/odd", "configmaps", failurePolicy="Ignore")
            await served.register("validating", "v", ignoring, served.hook("/bad", "configmaps"))
            assert (await driver.call("POST", MAPS, {"metadata": {"name": "x"}}))[0] == 400
        metrics = driver.server.metrics
        requests = metrics.counter(f"{PREFIX}request_total", "")
        assert requests.value("good.example.com", "admit", "CREATE", "200", "false") == 1
        assert requests.value("bad.example.com", "validating", "CREATE", "400", "true") == 1
        rejections = metrics.counter(f"{PREFIX}rejection_count", "")
        assert rejections.value("bad.example.com", "validating", "CREATE", "no_error", "400") == 1
        assert metrics.counter(f"{PREFIX}fail_open_count", "").value("odd.example.com", "validating") == 1
        assert (
            metrics.histogram(f"{PREFIX}admission_duration_seconds", "").count("good.example.com", "admit", "CREATE", "false")
            == 1
        )

    serve(test)
