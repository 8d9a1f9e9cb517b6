"""The audit log of one control plane: the flags of `up`, the files they name, and the parts made from them.

Names of the flags are those of kube-apiserver. Nothing of it is imported before a flag is used.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pilothouse.app.authentication import BadFlags
from pilothouse.kit.clock import Clock, Entropy

if TYPE_CHECKING:
    from pilothouse.cluster.apiserver.http.audit.log import AuditLog
    from pilothouse.cluster.apiserver.http.audit.trail import Auditor

EVERYTHING = {"rules": [{"level": "Metadata", "omitStages": ["RequestReceived"]}]}
"""The policy when none is given."""


class Audit(msgspec.Struct, frozen=True):
    """What the flags say; without a path nothing is recorded."""

    path: str = ""
    policy_file: Path | None = None
    max_size_mb: int = 100
    max_age_days: int = 0
    max_backups: int = 0


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags to a command."""
    group = parser.add_argument_group("audit log")
    group.add_argument("--audit-log-path", metavar="FILE", help="record requests in this file; - is standard output")
    group.add_argument("--audit-policy-file", metavar="FILE", help="an audit Policy (default: all requests, without bodies)")
    group.add_argument("--audit-log-maxsize", metavar="MB", type=int, default=100, help="begin a new file at this size (100)")
    group.add_argument("--audit-log-maxage", metavar="DAYS", type=int, default=0, help="delete older files (default: never)")
    group.add_argument("--audit-log-maxbackup", metavar="N", type=int, default=0, help="keep so many old files (default: all)")


def audit_of(args: argparse.Namespace) -> Audit:
    """Return what the flags say; raises `BadFlags`."""
    if args.audit_policy_file and not args.audit_log_path:
        raise BadFlags("--audit-policy-file needs --audit-log-path", fix="say where the records go; - is standard output")
    for name in ("maxsize", "maxage", "maxbackup"):
        value = getattr(args, f"audit_log_{name}")
        if value < 0:
            raise BadFlags(f"--audit-log-{name} {value} is negative", fix="0 means no limit")
    if not args.audit_log_path:
        return Audit()
    path = args.audit_log_path if args.audit_log_path == "-" else str(Path(args.audit_log_path).absolute())
    policy = Path(args.audit_policy_file).absolute() if args.audit_policy_file else None
    return Audit(path, policy, args.audit_log_maxsize, args.audit_log_maxage, args.audit_log_maxbackup)


def start_audit(audit: Audit, clock: Clock, entropy: Entropy) -> tuple[Auditor, AuditLog]:
    """Open the log; raises `BadAuditPolicy`, or `BadFlags` when a file cannot be used."""
    from pilothouse.cluster.apiserver.http.audit.log import AuditLog, LogFile
    from pilothouse.cluster.apiserver.http.audit.policy import read_policy
    from pilothouse.cluster.apiserver.http.audit.trail import Auditor

    policy = read_policy(EVERYTHING if audit.policy_file is None else _document(audit.policy_file))
    log = AuditLog(LogFile(audit.path, audit.max_size_mb, audit.max_age_days, audit.max_backups), clock)
    try:
        log.start()
    except OSError as error:
        raise BadFlags(f"--audit-log-path {audit.path} cannot be written: {error.strerror or error}") from None
    return Auditor(policy, log, clock, entropy), log


def _document(path: Path) -> object:
    from pilothouse.cluster.apiserver.http.yamlbody import parse_yaml

    try:
        return parse_yaml(path.read_bytes())[0]
    except OSError as error:
        raise BadFlags(f"--audit-policy-file {path} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise BadFlags(f"--audit-policy-file {path} is not YAML: {error}") from None
