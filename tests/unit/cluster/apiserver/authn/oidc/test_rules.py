"""The rule about addresses nobody verified; the other rules are tested through `test_configuration`."""

from __future__ import annotations

import pytest

from pilothouse.cluster.apiserver.authn.oidc.rules import check_mappings
from pilothouse.cluster.apiserver.authn.oidc.types import (
    ClaimMappings,
    ClaimRule,
    ExtraMapping,
    JwtAuthenticator,
    PrefixedClaim,
)


@pytest.mark.parametrize("email", ["claims.email", "claims.?email.orValue('x')", "['a'].map(x, x + claims.email)[0]"])
def test_an_address_needs_a_look_at_whether_it_was_verified(email: str) -> None:
    username = PrefixedClaim(expression=email)
    assert check_mappings(JwtAuthenticator(claim_mappings=ClaimMappings(username)), "jwt[0]")
    looked = "claims.?email_verified.orValue(true) == true"
    in_rule = JwtAuthenticator(claim_mappings=ClaimMappings(username), claim_validation_rules=(ClaimRule(expression=looked),))
    in_extra = JwtAuthenticator(
        claim_mappings=ClaimMappings(username, extra=(ExtraMapping("a.io/b", "string(claims.email_verified)"),))
    )
    assert check_mappings(in_rule, "jwt[0]") == check_mappings(in_extra, "jwt[0]") == []
