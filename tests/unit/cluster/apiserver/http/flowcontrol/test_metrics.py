"""Flow control in numbers."""

from __future__ import annotations

from tests.unit.cluster.apiserver.driver import Driver, serve


def test_levels_and_flows_are_read_when_scraped() -> None:
    async def test(driver: Driver) -> None:
        await driver.ok("GET", "/api/v1/namespaces/default")
        text = driver.server.metrics.exposition()
        assert 'apiserver_flowcontrol_dispatched_requests_total{flow_schema="exempt",priority_level="exempt"} 1\n' in text
        assert 'apiserver_flowcontrol_nominal_limit_seats{priority_level="workload-low"} 245\n' in text
        assert 'apiserver_flowcontrol_lower_limit_seats{priority_level="workload-low"} 25\n' in text
        assert (
            'apiserver_flowcontrol_current_inqueue_requests{flow_schema="service-accounts",priority_level="workload-low"} 0\n'
            in text
        )

    serve(test)


def test_what_is_gone_is_not_shown() -> None:
    async def test(driver: Driver) -> None:
        url, metrics = "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas", driver.server.metrics
        spec = {"priorityLevelConfiguration": {"name": "system"}}
        await driver.ok("POST", url, {"metadata": {"name": "short-lived"}, "spec": spec})
        assert 'flow_schema="short-lived"' in metrics.exposition()
        await driver.ok("DELETE", f"{url}/short-lived")
        assert 'flow_schema="short-lived"' not in metrics.exposition() and 'flow_schema="probes"' in metrics.exposition()

    serve(test)
