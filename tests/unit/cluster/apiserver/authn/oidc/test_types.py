"""The records of the configuration."""

from __future__ import annotations

import msgspec
import pytest

from pilothouse.cluster.apiserver.authn.oidc.types import Anonymous, AnonymousCondition, AuthenticationConfiguration


def test_who_may_come_without_a_credential() -> None:
    assert Anonymous().allows("/anything")
    assert not Anonymous(enabled=False).allows("/livez")
    some = Anonymous(conditions=(AnonymousCondition("/livez"),))
    assert some.allows("/livez") and not some.allows("/livez/") and not some.allows("/LIVEZ")


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"jwt\[0\]\.issuer"):
        msgspec.convert({"jwt": [{"issuer": {"uri": "x"}}]}, AuthenticationConfiguration)
