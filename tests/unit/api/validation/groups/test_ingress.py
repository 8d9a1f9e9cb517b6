"""Rules of Ingresses and their classes."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.groups.ingress import ingress, ingress_class, ingress_class_update, ingress_status, ingress_update

_BACKEND = {"service": {"name": "s", "port": {"number": 80}}}


def _ingress(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "i"}, "spec": {"defaultBackend": _BACKEND, **spec}}


_AT = "rules[0].http.paths[0]"


def _path(**path: Any) -> dict[str, Any]:
    return _ingress(rules=[{"http": {"paths": [{"path": "/", "pathType": "Exact", "backend": _BACKEND, **path}]}}])


@pytest.mark.parametrize(
    ("obj", "path", "text"),
    [
        (_ingress(rules=[{"host": "1.2.3.4"}]), "rules[0].host", "must be a DNS name, not an IP address"),
        (_ingress(rules=[{"host": f"*.{'a' * 252}"}]), "rules[0].host", "must be no more than 253 characters"),
        (_ingress(rules=[{"http": {"paths": []}}]), "rules[0].http.paths", "Required value"),
        (_ingress(tls=[{"secretName": "A"}]), "tls[0].secretName", "a lowercase RFC 1123 subdomain"),
        (_path(path="/a/.."), f"{_AT}.path", "cannot end with '/..'"),
        (_path(path="/%2f"), f"{_AT}.path", "must not contain '%2f'"),
        (_path(path="a", pathType="ImplementationSpecific"), f"{_AT}.path", "must be an absolute path"),
        (_path(pathType=""), f"{_AT}.pathType", 'Unsupported value: ""'),
        (_path(backend={"resource": {"kind": "k"}}), f"{_AT}.backend.resource.name", "Required value"),
        (_path(backend={"resource": {"kind": "k", "name": "n", "apiGroup": "A"}}), f"{_AT}.backend.resource.apiGroup", ""),
        (_path(backend={"service": {"name": "1", "port": {"number": 1}}}), f"{_AT}.backend.service.name", "DNS-1035"),
        (_path(backend={"service": {"name": "s", "port": {"name": "A"}}}), f"{_AT}.backend.service.port.name", ""),
        (_path(backend={**_BACKEND, "resource": {}}), f"{_AT}.backend", "cannot set both resource and service"),
    ],
)  # fmt: skip
def test_ingresses(obj: dict[str, Any], path: str, text: str) -> None:
    errors = ingress(obj)
    assert {error.path for error in errors} == {f"spec.{path}"}
    assert text in errors[0].text()


def test_the_class_is_stated_once() -> None:
    obj = _ingress(ingressClassName="a")
    obj["metadata"]["annotations"] = {"kubernetes.io/ingress.class": "b"}
    (error,) = ingress(obj)
    assert error.path == "annotations.kubernetes.io/ingress.class"
    assert ingress_update(obj, obj) == []


@pytest.mark.parametrize(
    ("spec", "path", "text"),
    [
        ({"controller": ""}, "controller", "Required value"),
        ({"controller": "a"}, "controller", "must be a domain-prefixed path"),
        ({"controller": f"a.io/{'b' * 250}"}, "controller", "Too long: may not be more than 250 bytes"),
        ({"parameters": {"kind": "k", "name": "n"}}, "parameters.scope", "Required value"),
        ({"parameters": {"kind": "k", "name": "n", "scope": "X"}}, "parameters.scope", '"Cluster", "Namespace"'),
        ({"parameters": {"kind": "k", "name": "n", "scope": "Namespace"}}, "parameters.namespace", "is set to 'Namespace'"),
        (
            {"parameters": {"kind": "k", "name": "n", "scope": "Cluster", "namespace": "x"}}, "parameters.namespace",
            "Forbidden: `parameters.scope` is set to 'Cluster'",
        ),
        ({"parameters": {"name": "n", "scope": "Cluster"}}, "parameters.kind", "Required value"),
    ],
)  # fmt: skip
def test_classes(spec: dict[str, Any], path: str, text: str) -> None:
    (error,) = ingress_class({"spec": {"controller": "a.io/b", **spec}})
    assert error.path == f"spec.{path}"
    assert text in error.text()


def test_what_stays_and_what_is_reported() -> None:
    assert [e.detail for e in ingress_class_update({"spec": {"controller": "a.io/c"}}, {"spec": {"controller": "a.io/b"}})] == [
        "field is immutable"
    ]
    status = {"loadBalancer": {"ingress": [{"ip": "x"}, {"hostname": "1.2.3.4"}]}}
    assert [error.path[-11:] for error in ingress_status({"status": status}, {})] == ["ingress[0].ip"[-11:], "1].hostname"]
