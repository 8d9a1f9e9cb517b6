"""Decoding into the canonical form."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.schema.decode import DecodeError, decode, nulled, unknown_fields
from pilothouse.api.scheme import Scheme
from pilothouse.kit.errors import PilothouseError

SCHEME = Scheme()


def schema_of(api_version: str, kind: str) -> Any:
    resource = SCHEME.kind(api_version, kind)
    assert resource is not None
    return resource.schema


def pod(**container: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", **container}]}}


def test_null_is_absent_and_unknown_fields_are_dropped() -> None:
    tree, has_unknown = decode(schema_of("v1", "Pod"), pod(image=None, bogus=1))
    assert has_unknown
    assert tree["spec"]["containers"] == [{"name": "c", "resources": {}}]


def test_quantities_are_canonical() -> None:
    tree, _ = decode(schema_of("v1", "Pod"), pod(resources={"limits": {"cpu": "1000m", "memory": "1024Mi", "x": 0.5}}))
    assert tree["spec"]["containers"][0]["resources"]["limits"] == {"cpu": "1", "memory": "1Gi", "x": "500m"}


@pytest.mark.parametrize(
    ("container", "part"),
    [
        ({"image": 1}, "cannot unmarshal number into Go struct field Container.spec.containers.image of type string"),
        ({"image": []}, "cannot unmarshal array into Go struct field Container.spec.containers.image of type string"),
        ({"tty": "yes"}, "cannot unmarshal string into Go struct field Container.spec.containers.tty of type bool"),
        ({"env": {}}, "cannot unmarshal object into Go struct field Container.spec.containers.env of type []v1.EnvVar"),
        ({"resources": {"limits": {"cpu": "lots"}}}, "quantities must match the regular expression"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(container: dict[str, Any], part: str) -> None:
    with pytest.raises(PilothouseError) as caught:
        decode(schema_of("v1", "Pod"), pod(**container))
    assert part in caught.value.message


@pytest.mark.parametrize("data", ["not base64!", "YQ", "é"])
def test_bad_base64_is_refused(data: str) -> None:
    with pytest.raises(DecodeError):
        decode(schema_of("v1", "Secret"), {"data": {"k": data}})


def test_unknown_fields_are_named_with_their_place() -> None:
    tree = {**pod(bogus=1, env=[{"name": "a", "nope": 1}]), "extra": True}
    found = unknown_fields(schema_of("v1", "Pod"), tree)
    assert set(found) == {"spec.containers[0].bogus", "spec.containers[0].env[0].nope", "extra"}


def test_decoding_is_idempotent() -> None:
    schema = schema_of("v1", "Pod")
    once, _ = decode(schema, pod(image="a", resources={"requests": {"cpu": 1}}))
    assert decode(schema, once) == (once, False)


def _spec(group: str, version: str, plural: str, spec: dict[str, Any]) -> dict[str, Any]:
    resource = SCHEME.resource(group, version, plural)
    assert resource is not None
    found: dict[str, Any] = decode(resource.schema, {"spec": spec})[0]["spec"]
    return found


@pytest.mark.parametrize(
    ("path", "spec", "kept"),
    [
        (("batch", "v1", "jobs"), {"managedBy": "", "template": {}}, True),
        (("storage.k8s.io", "v1", "csidrivers"), {"fsGroupPolicy": ""}, True),
        (("autoscaling", "v2", "horizontalpodautoscalers"), {"behavior": {"scaleUp": {"policies": []}}, "maxReplicas": 1}, True),
        (("admissionregistration.k8s.io", "v1", "mutatingadmissionpolicybindings"), {"policyName": ""}, False),
        (("apps", "v1", "statefulsets"), {"ordinals": {}}, False),
    ],
)
def test_empty_values_are_kept_where_the_type_tells_them_from_none(path: Any, spec: dict[str, Any], kept: bool) -> None:
    found = _spec(*path, spec)
    assert all(found.get(key) == value for key, value in spec.items() if key != "template") is kept


def test_what_the_type_always_writes_is_filled_in() -> None:
    assert _spec("apps", "v1", "statefulsets", {"ordinals": {}})["ordinals"] == {"start": 0}
    assert _spec("apps", "v1", "statefulsets", {})["serviceName"] == ""


def test_a_null_in_a_map_of_structs_is_an_empty_one() -> None:
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"a": None}}}
    found = _spec("apiextensions.k8s.io", "v1", "customresourcedefinitions", {"versions": [{"name": "v1", "schema": schema}]})
    assert found["versions"][0]["schema"]["openAPIV3Schema"]["properties"] == {"a": {}}


@pytest.mark.parametrize(("given", "kept"), [({"rules": []}, []), ({"rules": None}, None), ({}, None)])
def test_an_empty_list_that_was_given_is_told_from_none(given: dict[str, Any], kept: Any) -> None:
    schema = schema_of("rbac.authorization.k8s.io/v1", "ClusterRole")
    assert decode(schema, {"metadata": {"name": "x"}, **given})[0]["rules"] == kept
    assert nulled(schema) == ("rules",)
