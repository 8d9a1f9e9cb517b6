"""Rules of APIServices."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.groups.aggregation import api_service, api_service_status

SERVICE = {"name": "s", "namespace": "n", "port": 443}


def texts(group: str = "example.com", **spec: Any) -> list[str]:
    full = {"group": group, "version": "v1", "groupPriorityMinimum": 1, "versionPriority": 1, **spec}
    obj = {"metadata": {"name": f"v1.{group}"}, "spec": full}
    return [f"{finding.path}: {finding.text()}" for finding in api_service(obj)]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, []),
        ({"service": SERVICE, "caBundle": "eA=="}, []),
        ({"service": SERVICE, "insecureSkipTLSVerify": True}, []),
        ({"caBundle": "eA=="}, ['spec.caBundle: Invalid value: "1 bytes": local APIServices may not have a caBundle']),
        ({"insecureSkipTLSVerify": True},
         ["spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify"]),
        ({"service": {"port": 0}}, [
            "spec.service.namespace: Required value", "spec.service.name: Required value",
            "spec.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive",
        ]),
        ({"service": SERVICE, "caBundle": "eA==", "insecureSkipTLSVerify": True},
         ["spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present"]),
        ({"versionPriority": 1001}, ["spec.versionPriority: Invalid value: 1001: must be positive and less than 1000"]),
    ],
)  # fmt: skip
def test_api_services(spec: dict[str, Any], expected: list[str]) -> None:
    assert texts(**spec) == expected


def test_only_the_first_version_of_the_core_group_has_no_group() -> None:
    assert texts("") == []
    spec = {"version": "v2", "groupPriorityMinimum": 1, "versionPriority": 1}
    (found,) = api_service({"metadata": {"name": "v2."}, "spec": spec})
    assert found.text() == "Required value: only v1 may have an empty group and it better be legacy kube"


def test_names_of_group_and_version() -> None:
    assert texts("A")[0].startswith('spec.group: Invalid value: "A": a lowercase RFC 1123 subdomain')
    assert texts(version="1")[1].startswith('spec.version: Invalid value: "1": a DNS-1035 label')


def test_the_status() -> None:
    (found,) = api_service_status({"status": {"conditions": [{"status": "X"}]}}, {})
    assert found.text() == 'Unsupported value: "X": supported values: "True", "False", "Unknown"'
