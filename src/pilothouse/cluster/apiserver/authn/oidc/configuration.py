"""Reads an AuthenticationConfiguration and says everything that is wrong with it, with the path of each field.

Called by `pilothouse up` before anything starts: a server with a configuration it does not understand must not run. The rules and
their words are those of the reference server (validation of AuthenticationConfiguration v1).
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

import msgspec
from cryptography import x509

from pilothouse.api.findings import FieldError, duplicate, invalid, required, too_many
from pilothouse.cluster.apiserver.authn.oidc.types import AuthenticationConfiguration, Issuer, JwtAuthenticator
from pilothouse.cluster.apiserver.http.yamlbody import parse_yaml
from pilothouse.kit.errors import Invalid

MAX_ISSUERS = 64
MAX_BYTES = 1024 * 1024
_VERSIONS = tuple(f"apiserver.config.k8s.io/{version}" for version in ("v1", "v1beta1", "v1alpha1"))
Findings = list[FieldError]


class BadAuthenticationConfiguration(Invalid):
    """The authentication configuration cannot be used; the message names every field that is wrong."""

    reason = "BadAuthenticationConfiguration"


def read_configuration(raw: bytes, path: str, own_issuer: str) -> AuthenticationConfiguration:
    """Return the checked configuration in `raw` (YAML or JSON); raises `BadAuthenticationConfiguration`."""
    if len(raw) > MAX_BYTES:
        raise BadAuthenticationConfiguration(f"{path} is longer than {MAX_BYTES} bytes")
    try:
        tree, repeated = parse_yaml(raw)
        config = msgspec.convert(tree, AuthenticationConfiguration)
    except ValueError as error:  # of the parser and of msgspec, which names the field
        raise BadAuthenticationConfiguration(f"{path}: {error}", fix=_FIX) from None
    problems = [*repeated]
    if config.api_version not in _VERSIONS or config.kind != "AuthenticationConfiguration":
        problems.append(f"apiVersion and kind must be {_VERSIONS[0]} and AuthenticationConfiguration")
    problems += [f"{found.path}: {found.text()}" for found in check(config, own_issuer)]
    if problems:
        raise BadAuthenticationConfiguration(f"{path}: " + "; ".join(problems), fix=_FIX)
    return config


_FIX = "see docs/how-to/authenticate-users.md for an example"


def check(config: AuthenticationConfiguration, own_issuer: str) -> Findings:
    """Return what is wrong with a configuration; `own_issuer` is the issuer of ServiceAccount tokens, which no other may be."""
    out: Findings = []
    if len(config.jwt) > MAX_ISSUERS:
        return [too_many("jwt", len(config.jwt), MAX_ISSUERS)]
    urls: set[str] = set()
    for index, spec in enumerate(config.jwt):
        path = f"jwt[{index}]"
        out += check_issuer(spec, path, own_issuer)
        for field, url in (("url", spec.issuer.url), ("discoveryURL", spec.issuer.discovery_url)):
            if url and f"{field} {url}" in urls:
                out.append(duplicate(f"{path}.issuer.{field}", url))
            urls.add(f"{field} {url}")
    anonymous = config.anonymous
    if anonymous is not None and anonymous.conditions and not anonymous.enabled:
        text = "enabled should be set to true when conditions are defined"
        out.append(invalid("anonymous.conditions", [entry.path for entry in anonymous.conditions], text))
    return out


def check_issuer(spec: JwtAuthenticator, path: str, own_issuer: str) -> Findings:
    """Return what is wrong with one issuer."""
    from pilothouse.cluster.apiserver.authn.oidc.rules import check_mappings, check_rules

    return [*_issuer(spec.issuer, f"{path}.issuer", own_issuer), *check_rules(spec, path), *check_mappings(spec, path)]


def _issuer(issuer: Issuer, path: str, own_issuer: str) -> Findings:
    out = _url(issuer.url, f"{path}.url") if issuer.url else [required(f"{path}.url")]
    if issuer.url == own_issuer:
        text = f"URL must not overlap with disallowed issuers: [{own_issuer}]"
        out.append(invalid(f"{path}.url", issuer.url, text))
    if issuer.discovery_url:
        out += _url(issuer.discovery_url, f"{path}.discoveryURL")
        if issuer.discovery_url.rstrip("/") == issuer.url.rstrip("/"):
            out.append(invalid(f"{path}.discoveryURL", issuer.discovery_url, "discoveryURL must be different from URL"))
    out += _audiences(issuer, path)
    if issuer.certificate_authority:
        try:
            x509.load_pem_x509_certificates(issuer.certificate_authority.encode())
        except ValueError:
            text = "data does not contain any valid RSA or ECDSA certificates"
            out.append(invalid(f"{path}.certificateAuthority", "<omitted>", text))
    if issuer.egress_selector_type:
        text = "this server calls issuers directly: egress selection is not supported"
        out.append(invalid(f"{path}.egressSelectorType", issuer.egress_selector_type, text))
    return out


def _url(url: str, path: str) -> Findings:
    try:
        parts = urlsplit(url)
        is_address = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError as error:
        return [invalid(path, url, str(error))]
    checks: Iterable[tuple[bool, str]] = (
        (parts.scheme != "https", "URL scheme must be https"),
        (not is_address, "URL must have a host"),
        (parts.username is not None or parts.password is not None, "URL must not contain a username or password"),
        (bool(parts.query), "URL must not contain a query"),
        (bool(parts.fragment), "URL must not contain a fragment"),
    )
    return [invalid(path, url, text) for is_wrong, text in checks if is_wrong]


def _audiences(issuer: Issuer, path: str) -> Findings:
    at = f"{path}.audiences"
    if not issuer.audiences:
        return [required(at, f"at least one {at} is required")]
    out: Findings = []
    for index, audience in enumerate(issuer.audiences):
        if not audience:
            out.append(required(f"{at}[{index}]"))
        elif audience in issuer.audiences[:index]:
            out.append(duplicate(f"{at}[{index}]", audience))
    policy = issuer.audience_match_policy
    if policy != "MatchAny" and (policy or len(issuer.audiences) > 1):
        is_single = len(issuer.audiences) == 1
        wanted = "empty or MatchAny for single audience" if is_single else "MatchAny for multiple audiences"
        out.append(invalid(f"{path}.audienceMatchPolicy", policy, f"audienceMatchPolicy must be {wanted}"))
    return out
