"""How offenders are named."""

from __future__ import annotations

import pytest

from pilothouse.cluster.apiserver.admission.podsecurity.violations import Violation, containers, named, offenders, setters


def test_containers_come_in_the_order_they_run_in() -> None:
    spec = {"containers": [{"name": "b"}], "initContainers": [{"name": "a"}], "ephemeralContainers": [{"name": "c"}]}
    assert [container["name"] for container in containers(spec)] == ["a", "b", "c"]
    assert offenders(spec, lambda container: container["name"] != "b") == ["a", "c"]


@pytest.mark.parametrize(
    ("is_pod_bad", "names", "text"),
    [
        (True, ["a", "b"], 'pod and containers "a", "b"'),
        (False, ["a"], 'container "a"'),
        (True, [], "pod"),
        (False, [], ""),
    ],
)
def test_setters(is_pod_bad: bool, names: list[str], text: str) -> None:
    assert setters(is_pod_bad, names) == text


def test_texts() -> None:
    assert Violation("host namespaces", "hostPID=true").text() == "host namespaces (hostPID=true)"
    assert Violation("odd", "").text() == "odd" and named(["v"], "volume") == 'volume "v"'
