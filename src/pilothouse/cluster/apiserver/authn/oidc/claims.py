"""From the claims of a verified token to a user, by the mappings and rules of its issuer; anything unclear is a refusal.

Pure. Called by `issuers` once a signature holds. Source: the OpenID Connect authenticator of the reference server.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from pilothouse.cluster.apiserver.authn.jws import BadToken
from pilothouse.cluster.apiserver.authn.oidc.types import JwtAuthenticator
from pilothouse.cluster.apiserver.context import AUTHENTICATED, User

if TYPE_CHECKING:
    from pilothouse.api.cel import Environment, Program

_TEXT: dict[str, Any] = {"type": "string"}
_TEXTS: dict[str, Any] = {"type": "array", "items": _TEXT}
_EXTRA: dict[str, Any] = {"type": "object", "additionalProperties": _TEXTS}
_USER: dict[str, Any] = {
    "type": "object", "properties": {"username": _TEXT, "uid": _TEXT, "groups": _TEXTS, "extra": _EXTRA},
}  # fmt: skip
Claims = Mapping[str, Any]


@cache
def _environment(name: str) -> Environment:
    """Return the environment with one variable: `claims` or `user`. The language is loaded on first use."""
    from pilothouse.api.cel import DYN, STRING, declare
    from pilothouse.api.cel.types import map_of
    from pilothouse.api.schema.expressions import base_environment

    user = declare(_USER, "kubernetes.UserInfo")
    assert user is not None
    return base_environment().extended({"claims": map_of(STRING, DYN)} if name == "claims" else {"user": user})


def compile_mapping(text: str) -> Program:
    """Return the program of a mapping; raises `CompileError`."""
    return _environment("claims").compile(text)


def compile_rule(text: str) -> Program:
    """Return the program of a rule over `claims`; raises `CompileError` or `WrongResult`."""
    from pilothouse.api.cel import BOOL

    return _environment("claims").compile(text, BOOL)


def compile_user_rule(text: str) -> Program:
    """Return the program of a rule over `user`; raises `CompileError` or `WrongResult`."""
    from pilothouse.api.cel import BOOL

    return _environment("user").compile(text, BOOL)


class ClaimMapper:
    """The mappings and rules of one issuer, compiled."""

    def __init__(self, spec: JwtAuthenticator) -> None:
        """Compile a specification that was checked."""
        mappings = spec.claim_mappings
        self._spec, self._mappings = spec, mappings
        named = {"username": mappings.username.expression, "groups": mappings.groups.expression, "uid": mappings.uid.expression}
        self._programs = {name: compile_mapping(text) for name, text in named.items() if text}
        self._extra = [(entry.key, compile_mapping(entry.value_expression)) for entry in mappings.extra]
        rules = [rule for rule in spec.claim_validation_rules if rule.expression]
        self._rules = [(compile_rule(rule.expression), rule.message) for rule in rules]
        self._user_rules = [(compile_user_rule(rule.expression), rule.message) for rule in spec.user_validation_rules]

    def user(self, claims: Claims) -> User:
        """Return the user of verified claims; raises `BadToken`."""
        for rule in self._spec.claim_validation_rules:
            if rule.claim and claims.get(rule.claim) != rule.required_value:
                raise BadToken(f"required claim {rule.claim} is absent or has another value")
        _hold(self._rules, {"claims": claims})
        name = self._username(claims)
        if not name:
            raise BadToken("the username is empty")
        found = User(name, self._uid(claims), tuple(self._groups(claims)), self._extras(claims))
        shown = {"username": found.name, "uid": found.uid, "groups": list(found.groups),
                 "extra": {key: list(values) for key, values in found.extra}}  # fmt: skip
        _hold(self._user_rules, {"user": shown})
        groups = found.groups if AUTHENTICATED in found.groups else (*found.groups, AUTHENTICATED)
        return User(found.name, found.uid, groups, found.extra)

    def _username(self, claims: Claims) -> str:
        if "username" in self._programs:
            return _text(_value(self._programs["username"], claims), "username claim expression")
        mapping = self._mappings.username
        name = _text(claims.get(mapping.claim), f"username claim {mapping.claim}")
        if mapping.claim == "email" and claims.get("email_verified", True) is not True:
            raise BadToken("email not verified")
        return f"{mapping.prefix or ''}{name}" if name else ""

    def _groups(self, claims: Claims) -> list[str]:
        if "groups" in self._programs:
            return _texts(_value(self._programs["groups"], claims), "groups claim expression")
        mapping = self._mappings.groups
        if not mapping.claim or claims.get(mapping.claim) is None:
            return []
        return [f"{mapping.prefix or ''}{group}" for group in _texts(claims[mapping.claim], f"groups claim {mapping.claim}")]

    def _uid(self, claims: Claims) -> str:
        if "uid" in self._programs:
            return _text(_value(self._programs["uid"], claims), "uid claim expression")
        claim = self._mappings.uid.claim
        return _text(claims.get(claim), f"uid claim {claim}") if claim else ""

    def _extras(self, claims: Claims) -> tuple[tuple[str, tuple[str, ...]], ...]:
        found = [(key, tuple(_texts(_value(program, claims), f"extra {key}"))) for key, program in self._extra]
        return tuple(entry for entry in found if entry[1])


def _value(program: Program, claims: Claims) -> Any:
    outcome = program.evaluate({"claims": claims})
    if outcome.error:
        raise BadToken(f"expression {program.source!r} failed: {outcome.error}")
    return outcome.value


def _hold(rules: list[tuple[Program, str]], names: Mapping[str, Any]) -> None:
    for program, message in rules:
        outcome = program.evaluate(names)
        if outcome.value is not True:
            why = message or outcome.error or "it is false"
            raise BadToken(f"validation expression {program.source!r} failed: {why}")


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str) or not _is_plain(value):
        raise BadToken(f"{what} must be a string without control characters")
    return value


def _is_plain(text: str) -> bool:
    """Whether a text may name somebody: names travel in headers and logs, where a line end would begin another entry."""
    return not any(ord(char) < 32 or ord(char) == 127 for char in text)


def _texts(value: Any, what: str) -> list[str]:
    if value is None:
        return []
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or not all(isinstance(entry, str) and _is_plain(entry) for entry in listed):
        raise BadToken(f"{what} must be a string or a list of strings, without control characters")
    return [entry for entry in listed if entry]
