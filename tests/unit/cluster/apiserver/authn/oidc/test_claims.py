"""From claims to users, by names and by expressions."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.cluster.apiserver.authn.jws import BadToken
from pilothouse.cluster.apiserver.authn.oidc.claims import ClaimMapper
from pilothouse.cluster.apiserver.authn.oidc.types import (
    ClaimMappings,
    ClaimOrExpression,
    ClaimRule,
    ExtraMapping,
    JwtAuthenticator,
    PrefixedClaim,
    UserRule,
)
from pilothouse.cluster.apiserver.context import User

SUBJECT = PrefixedClaim("sub", "")
AUTHENTICATED = "system:authenticated"


def mapper(*rules: ClaimRule, users: tuple[UserRule, ...] = (), **mappings: Any) -> ClaimMapper:
    return ClaimMapper(JwtAuthenticator(claim_validation_rules=rules, user_validation_rules=users,
                                        claim_mappings=ClaimMappings(**{"username": SUBJECT, **mappings})))  # fmt: skip


def test_expressions_make_the_whole_user() -> None:
    found = mapper(
        username=PrefixedClaim(expression='"idp:" + claims.sub'),
        groups=PrefixedClaim(expression='claims.roles.split(",").map(role, "idp:" + role)'),
        uid=ClaimOrExpression(expression="claims.tenant.id"),
        extra=(
            ExtraMapping("example.org/tenant", "claims.tenant.name"),
            ExtraMapping("example.org/none", 'claims.?none.orValue("")'),
            ExtraMapping("example.org/all", "claims.tenant.regions"),
        ),
    ).user({"sub": "jane", "roles": "dev,ops", "tenant": {"id": "7", "name": "acme", "regions": ["eu", "", "us"]}})  # fmt: skip
    extra = (("example.org/tenant", ("acme",)), ("example.org/all", ("eu", "us")))
    assert found == User("idp:jane", "7", ("idp:dev", "idp:ops", AUTHENTICATED), extra)


@pytest.mark.parametrize("groups", ["dev", ["dev"]])
def test_a_groups_claim_may_be_one_text(groups: Any) -> None:
    found = mapper(groups=PrefixedClaim("groups", "g:"), uid=ClaimOrExpression("id")).user(
        {"sub": "a", "id": "7", "groups": groups}
    )
    assert found == User("a", "7", ("g:dev", AUTHENTICATED))


@pytest.mark.parametrize(
    ("found", "claims"),
    [
        (mapper(ClaimRule("hd", "acme")), {"sub": "a", "hd": "evil"}),
        (mapper(ClaimRule("hd", "acme")), {"sub": "a"}),
        (mapper(ClaimRule("n", "3")), {"sub": "a", "n": 3}),
        (mapper(ClaimRule(expression="claims.age >= 18")), {"sub": "a", "age": 17}),
        (mapper(ClaimRule(expression="claims.age >= 18")), {"sub": "a"}),
        (mapper(ClaimRule(expression="claims.age >= 18")), {"sub": "a", "age": "x"}),
        (mapper(users=(UserRule('!user.username.startsWith("system:")'),)), {"sub": "system:admin"}),
        (mapper(users=(UserRule('user.groups.all(g, g != "system:masters")'),), groups=PrefixedClaim("g", "")),
         {"sub": "a", "g": ["system:masters"]}),
        (mapper(username=PrefixedClaim("email", "")), {"email": "a@b.c", "email_verified": False}),
        (mapper(username=PrefixedClaim("email", "")), {"email": "a@b.c", "email_verified": "true"}),
        (mapper(username=PrefixedClaim(expression="claims.sub")), {"sub": 3}),
        (mapper(username=PrefixedClaim(expression="claims.sub")), {"sub": ""}),
        (mapper(username=PrefixedClaim("sub", "p:")), {"sub": ""}),
        (mapper(groups=PrefixedClaim(expression="claims.g")), {"sub": "a", "g": [["x"]]}),
        (mapper(uid=ClaimOrExpression("id")), {"sub": "a"}),
        (mapper(), {"sub": "a\r\nx-remote-group: system:masters"}),
        (mapper(groups=PrefixedClaim("g", "")), {"sub": "a", "g": ["b\n"]}),
        (mapper(extra=(ExtraMapping("a.b/c", "claims.x"),)), {"sub": "a"}),
    ],
)  # fmt: skip
def test_anything_unclear_is_a_refusal(found: ClaimMapper, claims: dict[str, Any]) -> None:
    with pytest.raises(BadToken):
        found.user(claims)


def test_rules_that_hold_let_in() -> None:
    rules = (ClaimRule("hd", "acme"), ClaimRule(expression="claims.age >= 18"))
    found = mapper(*rules, users=(UserRule('!user.username.startsWith("system:")'),))
    assert found.user({"sub": "a", "hd": "acme", "age": 18}).name == "a"
    assert mapper(username=PrefixedClaim("email", "")).user({"email": "a@b.c", "email_verified": True}).name == "a@b.c"
    assert mapper(username=PrefixedClaim("email", "")).user({"email": "a@b.c"}).name == "a@b.c"


def test_an_expression_cannot_run_long() -> None:
    slow = ClaimRule(expression="claims.l.all(a, claims.l.all(b, claims.l.all(c, a + b + c >= 0)))")
    with pytest.raises(BadToken, match="failed"):
        mapper(slow).user({"sub": "a", "l": list(range(1000))})
