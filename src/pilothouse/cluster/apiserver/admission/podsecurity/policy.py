"""The policy of a namespace: which level it enforces and of which it warns, by its labels."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from pilothouse.api.findings import FieldError, invalid
from pilothouse.cluster.apiserver.admission.podsecurity.standard import LEVELS, NEWEST

PREFIX = "pod-security.kubernetes.io/"
_VERSION = re.compile(r"^v1\.([0-9]|[1-9][0-9]{1,8})$")


class Level(msgspec.Struct, frozen=True):
    """A level at a version; `minor` None is the latest."""

    name: str = LEVELS[0]
    minor: int | None = None

    @property
    def version(self) -> int:
        """The minor version whose rules hold."""
        return NEWEST if self.minor is None else self.minor

    @property
    def rank(self) -> int:
        """How strict it is."""
        return LEVELS.index(self.name)

    def __str__(self) -> str:
        """Return what labels and messages call it."""
        return f"{self.name}:{'latest' if self.minor is None else f'v1.{self.minor}'}"


class Policy(msgspec.Struct, frozen=True):
    """What a namespace asks for."""

    enforce: Level = Level()
    warn: Level = Level()


PRIVILEGED = Policy()


def policy_of(labels: Mapping[str, str]) -> tuple[Policy, list[FieldError]]:
    """Return the policy of a namespace and what is wrong with its labels.

    Enforcing a level that cannot be read means the strictest; warning of one means none. A namespace that enforces warns as well.
    """
    findings: list[FieldError] = []
    enforce = _level(labels, "enforce", LEVELS[-1], findings)
    _level(labels, "audit", LEVELS[0], findings)
    warn = _level(labels, "warn", LEVELS[0], findings)
    is_stated = PREFIX + "warn" in labels
    if not is_stated and labels.get(PREFIX + "enforce") in LEVELS and enforce.rank > warn.rank:
        warn = Level(enforce.name, warn.minor if PREFIX + "warn-version" in labels else enforce.minor)
    return Policy(enforce, warn), findings


def _level(labels: Mapping[str, str], mode: str, otherwise: str, findings: list[FieldError]) -> Level:
    key, version_key = PREFIX + mode, f"{PREFIX}{mode}-version"
    name, version = labels.get(key, LEVELS[0]), labels.get(version_key, "latest")
    if name not in LEVELS:
        findings.append(invalid(f"metadata.labels[{key}]", name, f"must be one of {', '.join(LEVELS)}"))
        name = otherwise
    match = _VERSION.match(version)
    if match is None and version != "latest":
        findings.append(invalid(f"metadata.labels[{version_key}]", version, 'must be "latest" or "v1.x"'))
    return Level(name, int(match[1]) if match else None)
