"""Warnings in answers."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.cluster.apiserver.admission.warnings import set_app_armor
from tests.unit.cluster.apiserver.driver import MERGE, Driver, serve

SERVICES, MAPS = "/api/v1/namespaces/default/services", "/api/v1/namespaces/default/configmaps"


def test_what_is_stored_is_warned_of_and_what_is_refused_is_not() -> None:
    async def test(driver: Driver) -> None:
        spec = {"ports": [{"port": 80}], "trafficDistribution": "PreferClose"}
        warning = '299 - "spec.trafficDistribution: \\"PreferClose\\" is deprecated; use \\"PreferSameZone\\""'
        response = await driver.send("POST", SERVICES, {"metadata": {"name": "s"}, "spec": spec})
        assert [value for key, value in response.headers if key.lower() == "warning"] == [warning]
        note = {"metadata": {"annotations": {"a": "b"}}}
        response = await driver.send("PATCH", f"{SERVICES}/s", note, headers={"content-type": MERGE})
        assert [value for key, value in response.headers if key.lower() == "warning"] == [warning]
        response = await driver.send("POST", SERVICES, {"metadata": {"name": "S"}, "spec": spec})
        assert response.status == 422 and not [key for key, _ in response.headers if key.lower() == "warning"]

    serve(test)


def test_owners_stated_twice_are_kept_once() -> None:
    async def test(driver: Driver) -> None:
        owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "u-1"}
        body = {"metadata": {"name": "a", "ownerReferences": [owner, owner]}}
        response = await driver.send("POST", MAPS, body)
        (warning,) = [value for key, value in response.headers if key.lower() == "warning"]
        assert warning.endswith('duplicate UID(s) observed: u-1"')
        made = await driver.ok("GET", f"{MAPS}/a")
        assert made["metadata"]["ownerReferences"] == [owner] and made["metadata"]["managedFields"]

    serve(test)


@pytest.mark.parametrize(
    ("note", "profile", "warns"),
    [
        ("unconfined", {"type": "Unconfined"}, True),
        ("localhost/x", {"type": "Localhost", "localhostProfile": "x"}, True),
        ("runtime/default", None, False),
        ("odd", None, True),
        ("localhost/", None, True),
    ],
)
def test_app_armor_annotations_become_fields(note: str, profile: dict[str, str] | None, warns: bool) -> None:
    key = "container.apparmor.security.beta.kubernetes.io/c"
    spec: dict[str, Any] = {"containers": [{"name": "c"}], "securityContext": {"appArmorProfile": {"type": "RuntimeDefault"}}}
    assert set_app_armor({"metadata": {"annotations": {key: note}}, "spec": spec}) == ([key] if warns else [])
    assert (spec["containers"][0].get("securityContext") or {}).get("appArmorProfile") == profile
