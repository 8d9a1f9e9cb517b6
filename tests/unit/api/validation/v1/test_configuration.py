"""ConfigMaps and Secrets."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from pilothouse.api.validation.v1.configuration import MAX_DATA, config_map, config_map_update, secret, secret_update
from tests.unit.api.validation.specimens import worded

_DOCKER = "data[.dockerconfigjson]"
_FROZEN = "Forbidden: field is immutable when `immutable` is set"


def _secret(kind: str, **data: str) -> dict[str, Any]:
    encoded = {key.replace("_", "-"): b64encode(value.encode()).decode() for key, value in data.items()}
    return {"metadata": {"name": "s"}, "type": kind, "data": encoded}


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        ({"data": {"a": "b"}, "binaryData": {"c": "ZA=="}}, []),
        ({"data": {"..a": "b"}}, ["data[..a]: Invalid value: \"..a\": must not start with '..'"]),
        ({"binaryData": {".": ""}}, ["binaryData[.]: Invalid value: \".\": must not be '.'"]),
        ({"data": {"a": "x" * (MAX_DATA + 1)}}, ["[]: Too long: may not be more than 1048576 bytes"]),
    ],
)
def test_a_config_map(obj: dict[str, Any], expected: list[str]) -> None:
    assert worded(config_map(obj)) == expected


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (_secret("Opaque"), []),
        (_secret("kubernetes.io/ssh-auth", ssh_privatekey=""), ["data[ssh-privatekey]: Required value"]),
        (_secret("kubernetes.io/basic-auth", password=""), []),
        (_secret("kubernetes.io/tls", a="b"), ["data[tls.crt]: Required value", "data[tls.key]: Required value"]),
        (
            _secret("kubernetes.io/service-account-token"),
            ["metadata.annotations[kubernetes.io/service-account.name]: Required value"],
        ),
    ],
)
def test_kinds_of_secrets(obj: dict[str, Any], expected: list[str]) -> None:
    assert worded(secret(obj)) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{}", ""),
        ("null", ""),
        ("", "unexpected end of JSON input"),
        ("{a", "invalid character 'a' looking for beginning of object key string"),
        ("[]", "json: cannot unmarshal array into Go value of type map[string]interface {}"),
        ("1", "json: cannot unmarshal number into Go value of type map[string]interface {}"),
    ],
)
def test_what_docker_reads(text: str, problem: str) -> None:
    obj = {"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": b64encode(text.encode()).decode()}}
    expected = [f'{_DOCKER}: Invalid value: "<secret contents redacted>": {problem}'] if problem else []
    assert worded(secret(obj)) == expected


def test_what_is_immutable() -> None:
    old, new = {"immutable": True, "data": {"a": "b"}}, {"data": {"a": "c"}}
    assert worded(config_map_update(new, old)) == [f"immutable: {_FROZEN}", f"data: {_FROZEN}"]
    assert worded(secret_update({**old, "type": "b"}, {**old, "type": "a"})) == ['type: Invalid value: "b": field is immutable']
