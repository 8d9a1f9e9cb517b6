"""What containers know of their Pod."""

from __future__ import annotations

from pilothouse.api.validation.pods.surroundings import every_container, surroundings
from tests.unit.api.validation.specimens import pod


def test_what_is_not_stated() -> None:
    found = surroundings(pod()["spec"], {})
    assert (found.has_host_users, found.os, found.claims, found.grace_period_s) == (True, None, [], 30)


def test_init_containers_come_first() -> None:
    spec = pod(initContainers=[{"name": "i"}], ephemeralContainers=[{"name": "e"}])["spec"]
    assert [path for _, path in every_container(spec, "s")] == [
        "s.initContainers[0]",
        "s.containers[0]",
        "s.ephemeralContainers[0]",
    ]
