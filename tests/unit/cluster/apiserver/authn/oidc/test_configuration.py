"""Reading an AuthenticationConfiguration: what is accepted, and how mistakes are told."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from pilothouse.cluster.apiserver.authn.oidc.configuration import BadAuthenticationConfiguration, read_configuration

OWN = "https://kubernetes.default.svc"
GOOD: dict[str, Any] = {
    "issuer": {"url": "https://login.example.com", "audiences": ["kube"]},
    "claimMappings": {"username": {"claim": "sub", "prefix": ""}},
}


def read(*jwt: Any, **more: Any) -> Any:
    tree = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthenticationConfiguration", "jwt": list(jwt), **more}
    return read_configuration(orjson.dumps(tree), "auth.yaml", OWN)


def test_yaml_with_everything() -> None:
    text = b"""
apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt:
- issuer:
    url: https://login.example.com
    discoveryURL: https://login.internal/.well-known/openid-configuration
    audiences: [kube, other]
    audienceMatchPolicy: MatchAny
  claimValidationRules:
  - expression: claims.hd == "example.com"
    message: wrong domain
  - {claim: tenant, requiredValue: acme}
  claimMappings:
    username: {expression: '"idp:" + claims.email'}
    groups: {claim: groups, prefix: 'idp:'}
    uid: {claim: oid}
    extra: [{key: example.org/verified, valueExpression: 'string(claims.email_verified)'}]
  userValidationRules:
  - expression: "!user.username.startsWith('system:')"
anonymous:
  enabled: true
  conditions: [{path: /livez}]
"""
    found = read_configuration(text, "auth.yaml", OWN)
    assert found.jwt[0].issuer.audiences == ("kube", "other")
    assert found.anonymous is not None and found.anonymous.allows("/livez") and not found.anonymous.allows("/readyz")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("issuer.url", "http://a", "URL scheme must be https"), ("issuer.url", "https://u:p@a", "username or password"),
        ("issuer.url", "https://a?b=c", "must not contain a query"), ("issuer.url", "https://a#b", "must not contain a fragment"),
        ("issuer.url", "", "issuer.url: Required value"), ("issuer.url", OWN, "must not overlap"),
        ("issuer.url", "https://", "host"),
        ("issuer.url", "https://[", "issuer.url"), ("issuer.url", "https://a:99999", "issuer.url"),
        ("issuer.discoveryURL", "https://login.example.com/", "must be different from URL"),
        ("issuer.audiences", [], "audiences: Required value"), ("issuer.audiences", ["a", "a"], "audiences[1]: Duplicate"),
        ("issuer.audiences", ["a", "b"], "must be MatchAny for multiple"), ("issuer.audiences", [""], "audiences[0]: Required"),
        ("issuer.audienceMatchPolicy", "All", "must be empty or MatchAny"), ("issuer.certificateAuthority", "x", "certificates"),
        ("issuer.egressSelectorType", "cluster", "not supported"), ("issuer.nonsense", 1, "nonsense"),
        ("claimMappings.username", {}, "username: Required value: claim or expression is required"),
        ("claimMappings.username", {"claim": "sub"}, "username.prefix: Required value"),
        ("claimMappings.username", {"claim": "sub", "expression": "claims.sub"}, "can't both be set"),
        ("claimMappings.username", {"expression": "claims.sub", "prefix": ""}, "may not be specified when expression is set"),
        ("claimMappings.username", {"expression": "claims.sub +"}, "compilation failed"),
        ("claimMappings.username", {"expression": "user.username"}, "undeclared reference"),
        ("claimMappings.username", {"expression": "claims.email"}, "claims.email_verified must be used"),
        ("claimMappings.groups", {"claim": "groups"}, "groups.prefix: Required value"),
        ("claimMappings.uid", {"claim": "a", "expression": "claims.a"}, "can't both be set"),
        ("claimMappings.extra", [{"key": "foo", "valueExpression": "claims.a"}], "domain-prefixed"),
        ("claimMappings.extra", [{"key": "A.io/Foo", "valueExpression": "claims.a"}], "must be lowercase"),
        ("claimMappings.extra", [{"key": "a.k8s.io/foo", "valueExpression": "claims.a"}], "reserved for Kubernetes"),
        ("claimMappings.extra", [{"key": "a.io/foo"}], "valueExpression: Required"),
        ("claimMappings.extra", [{"key": "a.io/b", "valueExpression": "'a'"}] * 2, "extra[1].key: Duplicate"),
        ("claimValidationRules", [{}], "claim or expression is required"),
        ("claimValidationRules", [{"claim": "a"}, {"claim": "a"}], "[1].claim: Duplicate"),
        ("claimValidationRules", [{"claim": "a", "message": "m"}], "may not be specified when claim is set"),
        ("claimValidationRules", [{"expression": "claims.a"}], "must evaluate to bool"),
        ("claimValidationRules", [{"expression": "true", "requiredValue": "x"}], "may not be specified when expression is set"),
        ("userValidationRules", [{}], "expression: Required"),
        ("userValidationRules", [{"expression": "user.nope"}], "undefined field"),
        ("userValidationRules", [{"expression": "true"}] * 2, "[1].expression: Duplicate"),
    ],
)  # fmt: skip
def test_every_mistake_is_told_with_its_field(path: str, value: Any, said: str) -> None:
    jwt = orjson.loads(orjson.dumps(GOOD))
    outer, _, inner = path.partition(".")
    if inner:
        jwt[outer][inner] = value
    else:
        jwt[outer] = value
    with pytest.raises(BadAuthenticationConfiguration) as caught:
        read(jwt)
    assert said in str(caught.value)


def test_the_file_itself_may_be_wrong() -> None:
    for raw in (b"", b"[]", b"{", b"\xff", b"a: b", b"x" * (1 << 20) + b"y", b"apiVersion: v1\nkind: ConfigMap"):
        with pytest.raises(BadAuthenticationConfiguration, match=r"auth\.yaml"):
            read_configuration(raw, "auth.yaml", OWN)
    with pytest.raises(BadAuthenticationConfiguration, match="Duplicate"):
        read(GOOD, GOOD)
    with pytest.raises(BadAuthenticationConfiguration, match="Too many"):
        read(*([GOOD] * 65))
    with pytest.raises(BadAuthenticationConfiguration, match="enabled should be set to true"):
        read(anonymous={"enabled": False, "conditions": [{"path": "/a"}]})
