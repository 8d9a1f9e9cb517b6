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
