"""EncryptionConfigurations, good and bad."""

import base64
from typing import Any

import pytest

from pilothouse.store.encryption.config import BadEncryptionConfig, Rules, read_rules

SECRET = base64.b64encode(b"k" * 32).decode()
GOOD = {"aesgcm": {"keys": [{"name": "k", "secret": SECRET}]}}


def read(resources: list[Any], **more: Any) -> Rules:
    return read_rules({"resources": resources, **more}, lambda size: b"0" * size)


def test_the_first_rule_that_names_a_resource_counts() -> None:
    cbc = {"aescbc": {"keys": [{"name": "c", "secret": SECRET}]}}
    rules = read(
        [
            {"resources": ["secrets", "widgets.example.com"], "providers": [GOOD]},
            {"resources": ["*.apps"], "providers": [cbc]},
            {"resources": ["events", "*."], "providers": [{"identity": {}}]},
            {"resources": ["*.*"], "providers": [cbc, {"identity": {}}]},
        ],
        apiVersion="apiserver.config.k8s.io/v1",
        kind="EncryptionConfiguration",
    )

    def first(group: str, resource: str) -> bytes:
        rule = rules.of(group, resource)
        assert rule is not None
        return rule.ciphers[0].prefix

    assert first("", "secrets") == first("example.com", "widgets") == b"k8s:enc:aesgcm:v1:k:"
    assert first("apps", "deployments") == first("batch", "jobs") == b"k8s:enc:aescbc:v1:c:"
    assert first("", "configmaps") == b""
    assert read([{"resources": ["secrets"], "providers": [GOOD]}]).of("", "configmaps") is None


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "Expected `object`"),
        ({"resources": [{"resources": ["secrets"]}]}, "providers"),
        ({"resources": [{"resources": [], "providers": [GOOD]}]}, r"resources\[0\] needs at least one resource"),
        ({"resources": [], "kind": "Nope"}, "expected EncryptionConfiguration"),
        ({"resources": [{"resources": ["*"], "providers": [GOOD]}]}, "names no resource"),
        ({"resources": [{"resources": ["a"], "providers": [{"kms": {}}]}]}, r"providers\[0\].kms is not supported"),
        ({"resources": [{"resources": ["a"], "providers": [{"rot13": {}}]}]}, "rot13 is no provider"),
        ({"resources": [{"resources": ["a"], "providers": [{**GOOD, "identity": {}}]}]}, "exactly one provider"),
        ({"resources": [{"resources": ["a"], "providers": [{"aesgcm": {"keys": []}}]}]}, "keys of different names"),
        ({"resources": [{"resources": ["a"], "providers": [{"aesgcm": {"key": []}}]}]}, r"aesgcm: .*unknown field `key`"),
        (
            {"resources": [{"resources": ["a"], "providers": [{"aesgcm": {"keys": [{"name": "k", "secret": "###"}]}}]}]},
            "not base64",
        ),
        (
            {"resources": [{"resources": ["a"], "providers": [{"aesgcm": {"keys": [{"name": "k", "secret": "QQ=="}]}}]}]},
            "has 1 bytes",
        ),
        (
            {"resources": [{"resources": ["a"], "providers": [{"aesgcm": {"keys": [{"name": "a:b", "secret": SECRET}]}}]}]},
            "colon",
        ),
    ],
)
def test_a_bad_configuration_is_refused_with_its_place(document: Any, message: str) -> None:
    with pytest.raises(BadEncryptionConfig, match=message):
        read_rules(document, lambda size: b"0" * size)
