"""The AuthenticationConfiguration of `apiserver.config.k8s.io`: who may issue tokens, and what their claims mean.

Field names are those of the API; unknown fields are refused. `configuration` fills and checks these records.
"""

from __future__ import annotations

import msgspec

from pilothouse.cluster.apiserver.authn.jws import ALGORITHMS


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What all records share."""


class Issuer(_Record, frozen=True):
    """Who signs, and for whom."""

    url: str = ""
    discovery_url: str = msgspec.field(name="discoveryURL", default="")
    """Where the discovery document is when it is not below `url`."""
    certificate_authority: str = ""
    """PEM; the certificates of the machine when empty."""
    audiences: tuple[str, ...] = ()
    audience_match_policy: str = ""
    egress_selector_type: str = ""


class ClaimRule(_Record, frozen=True):
    """A claim with the value it must have, or an expression over `claims` that must be true."""

    claim: str = ""
    required_value: str = ""
    expression: str = ""
    message: str = ""


class PrefixedClaim(_Record, frozen=True):
    """A claim and what is put before it, or an expression over `claims`."""

    claim: str = ""
    prefix: str | None = None
    expression: str = ""


class ClaimOrExpression(_Record, frozen=True):
    """A claim, or an expression over `claims`."""

    claim: str = ""
    expression: str = ""


class ExtraMapping(_Record, frozen=True):
    """An extra attribute of the user."""

    key: str = ""
    value_expression: str = ""


class ClaimMappings(_Record, frozen=True):
    """What of the claims becomes what of the user."""

    username: PrefixedClaim = PrefixedClaim()
    groups: PrefixedClaim = PrefixedClaim()
    uid: ClaimOrExpression = ClaimOrExpression()
    extra: tuple[ExtraMapping, ...] = ()


class UserRule(_Record, frozen=True):
    """An expression over `user` that must be true."""

    expression: str = ""
    message: str = ""


class JwtAuthenticator(_Record, frozen=True):
    """One trusted issuer."""

    issuer: Issuer = Issuer()
    claim_validation_rules: tuple[ClaimRule, ...] = ()
    claim_mappings: ClaimMappings = ClaimMappings()
    user_validation_rules: tuple[UserRule, ...] = ()


class AnonymousCondition(_Record, frozen=True):
    """A path that may be asked for without a credential."""

    path: str


class Anonymous(_Record, frozen=True):
    """Whether requests without a credential are let through to authorisation, and to which paths."""

    enabled: bool = True
    conditions: tuple[AnonymousCondition, ...] = ()

    def allows(self, path: str) -> bool:
        """Whether a request without a credential may ask for this path."""
        return self.enabled and (not self.conditions or any(path == condition.path for condition in self.conditions))


class AuthenticationConfiguration(_Record, frozen=True):
    """The whole file."""

    api_version: str = ""
    kind: str = ""
    jwt: tuple[JwtAuthenticator, ...] = ()
    anonymous: Anonymous | None = None


class TrustedIssuer(msgspec.Struct, frozen=True):
    """A checked issuer and the signature algorithms accepted from it."""

    spec: JwtAuthenticator
    algorithms: tuple[str, ...] = ALGORITHMS


class Trust(msgspec.Struct, frozen=True):
    """Whom the server believes besides its own authority and tokens."""

    issuers: tuple[TrustedIssuer, ...] = ()
    anonymous: Anonymous = Anonymous()
