"""Who may log in besides holders of a certificate: the flags of `up`, the files they name, and the settings they become.

Names and defaults of the flags are those of kube-apiserver, so that what an operator knows works here. Nothing heavy is imported
before a flag is used.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pilothouse.kit.errors import Invalid

if TYPE_CHECKING:
    from pilothouse.cluster.apiserver.authn.oidc.types import ClaimRule, JwtAuthenticator, Trust

_OIDC = (
    ("issuer-url", "URL", "trust tokens of this OpenID Connect issuer; its address begins with https://"),
    ("client-id", "ID", "the audience its tokens must have"),
    ("username-claim", "CLAIM", "the claim with the user name (default: sub)"),
    ("username-prefix", "TEXT", "put before user names (default: the issuer and #, nothing for email; - for nothing)"),
    ("groups-claim", "CLAIM", "the claim with the groups"),
    ("groups-prefix", "TEXT", "put before groups"),
    ("ca-file", "FILE", "certificates the issuer is verified with (default: those of this machine)"),
    ("signing-algs", "LIST", "signature algorithms accepted, with commas (default: RS256)"),
)
_SWITCH = "--authentication-config"


class BadFlags(Invalid):
    """Flags that do not go together, or a file that cannot be read."""

    reason = "BadFlags"


class Authentication(msgspec.Struct, frozen=True):
    """What the files and flags say."""

    tokens: dict[str, tuple[str, str, tuple[str, ...]]] = {}
    trust: Trust | None = None
    warnings: tuple[str, ...] = ()


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags to a command."""
    group = parser.add_argument_group("authentication")
    group.add_argument("--token-file", metavar="FILE", help='static tokens, one a line: token,user,uid,"group1,group2"')
    group.add_argument(_SWITCH, metavar="FILE", help="an AuthenticationConfiguration with any number of issuers")
    for name, kind, text in _OIDC:
        group.add_argument(f"--oidc-{name}", metavar=kind, help=text)
    group.add_argument(
        "--oidc-required-claim", metavar="KEY=VALUE", action="append", default=[], help="a claim tokens must have; repeatable"
    )


def authentication_of(args: argparse.Namespace, own_issuer: str) -> Authentication:
    """Return what the flags say; `own_issuer` signs ServiceAccount tokens. Raises `Invalid` with what is wrong and where."""
    given = [f"--oidc-{name}" for name, _, _ in _OIDC if getattr(args, f"oidc_{name.replace('-', '_')}") is not None]
    given += ["--oidc-required-claim"] * bool(args.oidc_required_claim)
    if args.authentication_config is not None and given:
        raise BadFlags(f"{given[0]} and {_SWITCH} exclude each other", fix="describe the issuer in the file")
    found = Authentication()
    if args.token_file is not None:
        found = _with_tokens(found, args.token_file)
    if args.authentication_config is not None:
        return _with_configuration(found, args.authentication_config, own_issuer)
    return _with_issuer(found, args, own_issuer) if given else found


def _read(path: str, flag: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise BadFlags(f"{flag} {path} cannot be read: {error.strerror or error}", fix="name a file this user may read") from None


def _with_tokens(found: Authentication, path: str) -> Authentication:
    from pilothouse.cluster.apiserver.authn.tokenfile import BadTokenFile, parse_token_file

    try:
        text = _read(path, "--token-file").decode()
    except UnicodeDecodeError as error:
        raise BadTokenFile(f"{path} is not UTF-8 text: {error.reason} at byte {error.start}") from None
    file = parse_token_file(text, path)
    return msgspec.structs.replace(found, tokens=file.tokens, warnings=file.warnings)


def _with_configuration(found: Authentication, path: str, own_issuer: str) -> Authentication:
    from pilothouse.cluster.apiserver.authn.oidc.configuration import read_configuration
    from pilothouse.cluster.apiserver.authn.oidc.types import Anonymous, Trust, TrustedIssuer

    config = read_configuration(_read(path, _SWITCH), path, own_issuer)
    trust = Trust(tuple(TrustedIssuer(spec) for spec in config.jwt), config.anonymous or Anonymous())
    return msgspec.structs.replace(found, trust=trust)


def _with_issuer(found: Authentication, args: argparse.Namespace, own_issuer: str) -> Authentication:
    from pilothouse.cluster.apiserver.authn.jws import ALGORITHMS
    from pilothouse.cluster.apiserver.authn.oidc.configuration import check_issuer
    from pilothouse.cluster.apiserver.authn.oidc.types import Trust, TrustedIssuer

    if not args.oidc_issuer_url or not args.oidc_client_id:
        raise BadFlags("--oidc-issuer-url and --oidc-client-id must be given together", fix="give both")
    algorithms = tuple((args.oidc_signing_algs or "RS256").split(","))
    unknown = [name for name in algorithms if name not in ALGORITHMS]
    if unknown:
        raise BadFlags(f"--oidc-signing-algs: {unknown[0]!r} is not supported", fix=f"choose of {', '.join(ALGORITHMS)}")
    spec = _spec(args)
    problems = "; ".join(f"{entry.path}: {entry.text()}" for entry in check_issuer(spec, "jwt", own_issuer))
    if problems:
        raise BadFlags(f"the --oidc flags describe no usable issuer: {problems}")
    return msgspec.structs.replace(found, trust=Trust((TrustedIssuer(spec, algorithms),)))


def _spec(args: argparse.Namespace) -> JwtAuthenticator:
    from pilothouse.cluster.apiserver.authn.oidc import types

    claim = args.oidc_username_claim or "sub"
    prefix = args.oidc_username_prefix
    if prefix is None:
        prefix = "" if claim == "email" else f"{args.oidc_issuer_url}#"
    groups = types.PrefixedClaim()
    if args.oidc_groups_claim:
        groups = types.PrefixedClaim(args.oidc_groups_claim, args.oidc_groups_prefix or "")
    authority = _read(args.oidc_ca_file, "--oidc-ca-file").decode("latin-1") if args.oidc_ca_file else ""
    mappings = types.ClaimMappings(types.PrefixedClaim(claim, "" if prefix == "-" else prefix), groups)
    issuer = types.Issuer(args.oidc_issuer_url, "", authority, (args.oidc_client_id,))
    return types.JwtAuthenticator(issuer, tuple(map(_required, args.oidc_required_claim)), mappings)


def _required(text: str) -> ClaimRule:
    from pilothouse.cluster.apiserver.authn.oidc import types

    claim, equals, value = text.partition("=")
    if not claim or not equals:
        raise BadFlags(f"--oidc-required-claim {text!r} has no value", fix="write it as claim=value")
    return types.ClaimRule(claim, value)
