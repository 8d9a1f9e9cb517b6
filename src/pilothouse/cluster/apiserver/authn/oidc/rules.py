"""What must hold for the mappings and rules of an issuer: exactly one way to say each thing, expressions that compile.

Part of checking an AuthenticationConfiguration; a module of its own because it loads the expression language.
"""

from __future__ import annotations

import re

from pilothouse.api.cel import CompileError, Program, WrongResult
from pilothouse.api.cel.checker import children
from pilothouse.api.cel.parser import parse
from pilothouse.api.cel.syntax import CelSyntaxError, Ident, Node, Select
from pilothouse.api.findings import FieldError, duplicate, invalid, required
from pilothouse.api.meta import names
from pilothouse.cluster.apiserver.authn.oidc.claims import compile_mapping, compile_rule, compile_user_rule
from pilothouse.cluster.apiserver.authn.oidc.types import ClaimRule, JwtAuthenticator, PrefixedClaim

Findings = list[FieldError]
_PATH = re.compile(r"[A-Za-z0-9/._~!$&'()*+,;=:@%-]+")
_BOTH = "claim and expression can't both be set"


def check_rules(spec: JwtAuthenticator, path: str) -> Findings:
    """Return what is wrong with the validation rules of an issuer."""
    out: Findings = []
    seen: set[str] = set()
    for index, rule in enumerate(spec.claim_validation_rules):
        at = f"{path}.claimValidationRules[{index}]"
        out += _claim_rule(rule, at)
        for field, value in (("claim", rule.claim), ("expression", rule.expression)):
            if value and f"{field} {value}" in seen:
                out.append(duplicate(f"{at}.{field}", value))
            seen.add(f"{field} {value}")
    expressions = [rule.expression for rule in spec.user_validation_rules]
    for index, text in enumerate(expressions):
        at = f"{path}.userValidationRules[{index}].expression"
        if not text:
            out.append(required(at))
        elif text in expressions[:index]:
            out.append(duplicate(at, text))
        else:
            out += _compiled(compile_user_rule, text, at)
    return out


def _claim_rule(rule: ClaimRule, at: str) -> Findings:
    if rule.claim and rule.expression:
        return [invalid(at, rule.claim, _BOTH)]
    if rule.claim:
        return [invalid(f"{at}.message", rule.message, "may not be specified when claim is set")] if rule.message else []
    if not rule.expression:
        return [required(at, "claim or expression is required")]
    if rule.required_value:
        return [invalid(f"{at}.requiredValue", rule.required_value, "may not be specified when expression is set")]
    return _compiled(compile_rule, rule.expression, f"{at}.expression")


def check_mappings(spec: JwtAuthenticator, path: str) -> Findings:
    """Return what is wrong with the claim mappings of an issuer."""
    mappings, at = spec.claim_mappings, f"{path}.claimMappings"
    out = _prefixed(mappings.username, f"{at}.username", is_required=True)
    out += _prefixed(mappings.groups, f"{at}.groups", is_required=False)
    if mappings.uid.claim and mappings.uid.expression:
        out.append(invalid(f"{at}.uid", "", _BOTH))
    elif mappings.uid.expression:
        out += _compiled(compile_mapping, mappings.uid.expression, f"{at}.uid.expression")
    keys = [mapping.key for mapping in mappings.extra]
    for index, mapping in enumerate(mappings.extra):
        out += _extra_key(mapping.key, f"{at}.extra[{index}].key", keys[:index])
        if not mapping.value_expression:
            out.append(required(f"{at}.extra[{index}].valueExpression"))
        else:
            out += _compiled(compile_mapping, mapping.value_expression, f"{at}.extra[{index}].valueExpression")
    return out + _email(spec, f"{at}.username.expression")


def _prefixed(mapping: PrefixedClaim, at: str, *, is_required: bool) -> Findings:
    if mapping.expression and mapping.claim:
        return [invalid(at, "", _BOTH)]
    if mapping.expression:
        out = _compiled(compile_mapping, mapping.expression, f"{at}.expression")
        if mapping.prefix is not None:
            out.insert(0, invalid(f"{at}.prefix", mapping.prefix, "may not be specified when expression is set"))
        return out
    if not mapping.claim:
        return [required(at, "claim or expression is required")] if is_required else []
    text = "prefix is required when claim is set. It can be set to an empty string to disable prefixing"
    return [required(f"{at}.prefix", text)] if mapping.prefix is None else []


def _extra_key(key: str, at: str, before: list[str]) -> Findings:
    domain, slash, rest = key.partition("/")
    out: Findings = []
    if not key:
        return [required(at)]
    if not slash or names.subdomain(domain) or not _PATH.fullmatch(rest):
        out.append(invalid(at, key, 'must be a domain-prefixed path (such as "acme.io/foo")'))
    if key != key.lower():
        out.append(invalid(at, key, "must be lowercase"))
    if any(domain == own or domain.endswith(f".{own}") for own in ("k8s.io", "kubernetes.io")):
        text = "k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use"
        out.append(invalid(at, key, text))
    if key in before:
        out.append(duplicate(at, key))
    return out


def _compiled(compiler: object, text: str, at: str) -> Findings:
    try:
        program = compiler(text)  # type: ignore[operator]
        assert isinstance(program, Program)
    except CompileError as error:
        return [invalid(at, text, f"compilation failed: {error}")]
    except WrongResult as error:
        return [invalid(at, text, f"must evaluate to bool but got {error.found}")]
    return []


def _email(spec: JwtAuthenticator, at: str) -> Findings:
    """A user named by an address that nobody verified could be anybody: the expressions must look at `email_verified`."""
    mappings = spec.claim_mappings
    texts = [mappings.username.expression, *(mapping.value_expression for mapping in mappings.extra)]
    texts += [rule.expression for rule in spec.claim_validation_rules]
    if not _uses(mappings.username.expression, "email") or any(_uses(text, "email_verified") for text in texts):
        return []
    why = (
        "claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression "
        "or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression"
    )
    return [invalid(at, mappings.username.expression, why)]


def _uses(text: str, field: str) -> bool:
    try:
        return bool(text) and _selects(parse(text), field)
    except CelSyntaxError:
        return False


def _selects(node: Node, field: str) -> bool:
    if isinstance(node, Select) and node.field == field and isinstance(node.operand, Ident) and node.operand.name == "claims":
        return True
    return any(_selects(child, field) for child in children(node))
