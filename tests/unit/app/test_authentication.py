"""The flags about who may log in, and the files they name."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from pilothouse.app.authentication import Authentication, add_flags, authentication_of
from pilothouse.cluster.apiserver.authn.oidc.types import ClaimRule, PrefixedClaim, TrustedIssuer
from pilothouse.kit.errors import Invalid

OWN = "https://kubernetes.default.svc"
CONFIGURATION = """
apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
anonymous: {enabled: false}
jwt:
- issuer: {url: "https://a", audiences: [kube]}
  claimMappings: {username: {claim: sub, prefix: "a:"}}
- issuer: {url: "https://b", audiences: [kube]}
  claimMappings: {username: {expression: claims.sub}}
"""


def given(*flags: str) -> Authentication:
    parser = argparse.ArgumentParser()
    add_flags(parser)
    return authentication_of(parser.parse_args(flags), OWN)


def issuer(*flags: str) -> TrustedIssuer:
    trust = given("--oidc-issuer-url", "https://a", "--oidc-client-id", "kube", *flags).trust
    assert trust is not None
    return trust.issuers[0]


def test_nothing_given_changes_nothing() -> None:
    assert given() == Authentication()


def test_a_token_file_with_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "tokens.csv"
    file.write_text('abc,jane,7,"dev,ops"\nabc,joe,8\n')
    found = given("--token-file", str(file))
    assert found.tokens == {"abc": ("joe", "8", ())}
    assert "line 2" in found.warnings[0]


def test_flags_describe_an_issuer_with_the_usual_defaults() -> None:
    found = issuer()
    assert found.algorithms == ("RS256",) and found.spec.issuer.audiences == ("kube",)
    assert found.spec.claim_mappings.username == PrefixedClaim("sub", "https://a#")
    assert issuer("--oidc-username-claim=email").spec.claim_mappings.username == PrefixedClaim("email", "")
    assert issuer("--oidc-username-prefix=-").spec.claim_mappings.username == PrefixedClaim("sub", "")
    groups = issuer("--oidc-groups-claim=roles", "--oidc-groups-prefix=x:").spec.claim_mappings.groups
    assert groups == PrefixedClaim("roles", "x:")
    rules = issuer("--oidc-required-claim=hd=acme", "--oidc-required-claim=a=b=c").spec.claim_validation_rules
    assert rules == (ClaimRule("hd", "acme"), ClaimRule("a", "b=c"))
    assert issuer("--oidc-signing-algs=RS256,ES384").algorithms == ("RS256", "ES384")


def test_a_configuration_names_several_issuers(tmp_path: Path) -> None:
    file = tmp_path / "auth.yaml"
    file.write_text(CONFIGURATION)
    trust = given("--authentication-config", str(file)).trust
    assert trust is not None
    assert [entry.spec.issuer.url for entry in trust.issuers] == ["https://a", "https://b"]
    assert not trust.anonymous.enabled


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--token-file", "/nonexistent"], "--token-file /nonexistent cannot be read"),
        (["--authentication-config", "/nonexistent"], "cannot be read"),
        (["--oidc-issuer-url", "https://a"], "must be given together"),
        (["--oidc-client-id", "kube"], "must be given together"),
        (["--oidc-groups-claim", "x"], "must be given together"),
        (["--oidc-required-claim", "a=b"], "must be given together"),
        (["--oidc-issuer-url", "http://a", "--oidc-client-id", "k"], "URL scheme must be https"),
        (["--oidc-issuer-url", OWN, "--oidc-client-id", "k"], "must not overlap"),
        (["--oidc-issuer-url", "https://a", "--oidc-client-id", "k", "--oidc-signing-algs", "HS256"], "'HS256' is not supported"),
        (["--oidc-issuer-url", "https://a", "--oidc-client-id", "k", "--oidc-required-claim", "x"], "has no value"),
        (["--oidc-issuer-url", "https://a", "--oidc-client-id", "k", "--oidc-ca-file", "/nonexistent"], "cannot be read"),
        (["--oidc-issuer-url", "https://a", "--oidc-client-id", "k", "--oidc-ca-file", "/etc/hostname"], "certificates"),
        (["--oidc-client-id", "k", "--authentication-config", "x"], "exclude each other"),
        (["--token-file", "/bin/sh"], "is not UTF-8"),
    ],
)  # fmt: skip
def test_mistakes_are_told(flags: list[str], said: str) -> None:
    with pytest.raises(Invalid) as caught:
        given(*flags)
    assert said in str(caught.value)
