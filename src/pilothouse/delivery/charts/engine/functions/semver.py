"""Semantic versions and constraints with the grammar of the Go library Helm uses (Masterminds/semver).

Called by the semver functions, by dependency matching and by `kubeVersion` checks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache, total_ordering
from typing import Any

from pilothouse.delivery.charts.engine.execution.faults import FunctionError
from pilothouse.delivery.charts.engine.values.kinds import GoFunction, GoObject, Uint64, signature

_VERSION = re.compile(
    r"v?(\d+)(\.\d+)?(\.\d+)?(-([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?"
)
_ALTERNATIVES = "|".join(sorted(("!=", ">=", "=>", "<=", "=<", "~>", "=", ">", "<", "~", r"\^"), key=len, reverse=True))
_CV = (
    r"v?([0-9|x|X|\*]+)(\.[0-9|x|X|\*]+)?(\.[0-9|x|X|\*]+)?"
    r"(-([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?"
)
_CONSTRAINT = re.compile(rf"({_ALTERNATIVES}|)\s*({_CV})")
_RANGE = re.compile(rf"\s*({_CV})\s+-\s+({_CV})\s*")
_VALID = re.compile(rf"\s*(?:{_ALTERNATIVES}|)\s*{_CV}\s*(?:[,\s]\s*(?:{_ALTERNATIVES}|)\s*{_CV}\s*)*")
_MAX_LENGTH = 256


@total_ordering
class Version(GoObject):
    """A parsed version; templates may read its parts and compare."""

    go_type = "*semver.Version"

    def __init__(self, numbers: tuple[int, int, int], pre: str, build: str, original: str) -> None:
        self.numbers = numbers
        self.pre = pre
        self.build = build
        self.original = original

    def __str__(self) -> str:
        text = ".".join(map(str, self.numbers))
        return text + (f"-{self.pre}" if self.pre else "") + (f"+{self.build}" if self.build else "")

    def _key(self) -> tuple[Any, ...]:
        parts = self.pre.split(".") if self.pre else []
        keyed = tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in parts)
        return (*self.numbers, 0 if self.pre else 1, keyed)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self._key() == other._key()

    def __lt__(self, other: Version) -> bool:
        return self._key() < other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def go_string(self) -> str:
        """Return the normalised version."""
        return str(self)

    def go_json(self) -> str:
        """Return what JSON holds."""
        return str(self)

    def go_methods(self) -> Mapping[str, GoFunction]:
        """Return the methods templates may call."""
        major, minor, patch = self.numbers
        return {
            "Major": signature("Major", " -> uint64", lambda: Uint64(major)),
            "Minor": signature("Minor", " -> uint64", lambda: Uint64(minor)),
            "Patch": signature("Patch", " -> uint64", lambda: Uint64(patch)),
            "Prerelease": signature("Prerelease", " -> string", lambda: self.pre),
            "Metadata": signature("Metadata", " -> string", lambda: self.build),
            "Original": signature("Original", " -> string", lambda: self.original),
            "String": signature("String", " -> string", lambda: str(self)),
            "Compare": signature("Compare", "any -> int", self._compare),
            "Equal": signature("Equal", "any -> bool", lambda other: self == other),
            "LessThan": signature("LessThan", "any -> bool", lambda other: self < other),
            "GreaterThan": signature("GreaterThan", "any -> bool", lambda other: self > other),
            "IncMajor": signature("IncMajor", " -> ", lambda: self._next(major + 1, 0, 0)),
            "IncMinor": signature("IncMinor", " -> ", lambda: self._next(major, minor + 1, 0)),
            "IncPatch": signature("IncPatch", " -> ", lambda: self._next(major, minor, patch + (not self.pre))),
        }

    def _compare(self, other: Any) -> int:
        return 0 if self == other else -1 if self < other else 1

    def _next(self, major: int, minor: int, patch: int) -> Version:
        prefix = "v" if self.original.startswith("v") else ""
        return Version((major, minor, patch), "", "", f"{prefix}{major}.{minor}.{patch}")


def parse_version(text: str) -> Version:
    """Read a version, missing minor and patch allowed; raises FunctionError with the library's wording."""
    if len(text) > _MAX_LENGTH:
        raise FunctionError("version string is too long")
    match = _VERSION.fullmatch(text)
    if match is None:
        raise FunctionError("invalid semantic version")
    numbers = tuple(int((match.group(i) or "0").lstrip(".")) for i in (1, 2, 3))
    if any(n >= 1 << 64 for n in numbers):
        raise FunctionError("error parsing version segment: value out of range")
    pre, build = match.group(5) or "", match.group(7) or ""
    if any(p.isdigit() and len(p) > 1 and p[0] == "0" for p in pre.split(".")):
        raise FunctionError("version segment starts with 0")
    return Version(numbers, pre, build, text)  # type: ignore[arg-type]


def strict_version(text: str) -> bool:
    """Say whether a text is a full semantic version (three numbers, no leading v or zeros)."""
    core = re.match(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?=[-+]|$)", text)
    if core is None:
        return False
    try:
        parse_version(text)
    except FunctionError:
        return False
    return True


class _Rule:
    """One comparison of a constraint."""

    def __init__(self, operator: str, text: str) -> None:
        match = re.fullmatch(_CV, text)
        assert match is not None
        parts = [match.group(1), (match.group(2) or "").lstrip("."), (match.group(3) or "").lstrip(".")]
        wild = [not p or p in ("x", "X", "*") for p in parts]
        self.minor_open, self.patch_open = wild[1], wild[1] or wild[2]
        self.any = wild[0]
        self.operator = {"=>": ">=", "=<": "<=", "~>": "~"}.get(operator, operator)
        cut = next((i for i, w in enumerate(wild) if w), 3)
        kept = [*parts[:cut], "0", "0", "0"][:3]
        suffix = match.group(4) or ""
        if any(not p.isdigit() for p in kept):
            raise FunctionError("constraint Parser Error")
        self.version = parse_version(".".join(kept) + suffix)
        self.open = cut < 3

    def allows(self, version: Version) -> bool:
        """Say whether `version` satisfies this comparison."""
        if version.pre and not self.version.pre:
            return False
        if self.any:
            return self.operator not in (">", "<", "!=")
        return bool(_CHECKS[self.operator](self, version))

    def equal(self, version: Version) -> bool:
        """`=` with open parts means the same as `~`."""
        return self.tilde(version) if self.open else version == self.version

    def differs(self, version: Version) -> bool:
        """`!=`."""
        if not self.open:
            return version != self.version
        mine, theirs = self.version.numbers, version.numbers
        if mine[0] != theirs[0]:
            return True
        return not self.minor_open and mine[1] != theirs[1]

    def greater(self, version: Version) -> bool:
        """`>`: with open parts, the next covered number is needed."""
        if not self.open:
            return version > self.version
        mine, theirs = self.version.numbers, version.numbers
        if self.minor_open:
            return theirs[0] > mine[0]
        return theirs[:2] > mine[:2]

    def at_most(self, version: Version) -> bool:
        """`<=`."""
        if not self.open:
            return version <= self.version
        mine, theirs = self.version.numbers, version.numbers
        if theirs[0] != mine[0]:
            return theirs[0] < mine[0]
        return self.minor_open or theirs[1] <= mine[1]

    def tilde(self, version: Version) -> bool:
        """`~`: the last given number may grow."""
        if version < self.version:
            return False
        mine, theirs = self.version.numbers, version.numbers
        return mine[0] == theirs[0] and (self.minor_open or mine[1] == theirs[1])

    def caret(self, version: Version) -> bool:
        """`^`: everything up to the first number that is not zero stays."""
        if version < self.version:
            return False
        mine, theirs = self.version.numbers, version.numbers
        if mine[0] > 0 or self.minor_open:
            return mine[0] == theirs[0]
        if theirs[0] > 0:
            return False
        if mine[1] > 0 or self.patch_open:
            return mine[1] == theirs[1]
        return theirs[1] == 0 and mine[2] == theirs[2]


_CHECKS: dict[str, Callable[[_Rule, Version], bool]] = {
    "": _Rule.equal,
    "=": _Rule.equal,
    "!=": _Rule.differs,
    ">": _Rule.greater,
    "<": lambda rule, version: version < rule.version,
    ">=": lambda rule, version: version >= rule.version,
    "<=": _Rule.at_most,
    "~": _Rule.tilde,
    "^": _Rule.caret,
}


def parse_constraint(text: str) -> tuple[tuple[_Rule, ...], ...]:
    """Read a constraint: alternatives of conjunctions; raises FunctionError."""
    return _remembered(text) if len(text) <= _MAX_LENGTH else _parse_constraint(text)


@lru_cache(maxsize=1024)
def _remembered(text: str) -> tuple[tuple[_Rule, ...], ...]:
    return _parse_constraint(text)


def _parse_constraint(text: str) -> tuple[tuple[_Rule, ...], ...]:
    rewritten = _RANGE.sub(lambda m: f">= {m.group(1)}, <= {m.group(9)} ", text)
    out: list[tuple[_Rule, ...]] = []
    for alternative in rewritten.split("||"):
        if not _VALID.fullmatch(alternative):
            raise FunctionError(f"improper constraint: {text}")
        out.append(tuple(_Rule(m.group(1), m.group(2)) for m in _CONSTRAINT.finditer(alternative)))
    return tuple(out)


def satisfies(constraint: str, version: Version) -> bool:
    """Say whether a version fits a constraint; raises FunctionError for a bad constraint."""
    return any(all(rule.allows(version) for rule in rules) for rules in parse_constraint(constraint))


def is_compatible(constraint: str, version: str) -> bool:
    """Say whether a version fits, False when either text is unreadable."""
    try:
        return satisfies(constraint, parse_version(version))
    except FunctionError:
        return False


def _semver_compare(constraint: str, version: str) -> bool:
    return _compared(constraint, version) if len(constraint) + len(version) <= _MAX_LENGTH else _compare(constraint, version)


@lru_cache(maxsize=4096)
def _compared(constraint: str, version: str) -> bool:
    return _compare(constraint, version)


def _compare(constraint: str, version: str) -> bool:
    rules = parse_constraint(constraint)
    parsed = parse_version(version)
    return any(all(rule.allows(parsed) for rule in one) for one in rules)


TABLE = (
    ("semver", "string -> *semver.Version", parse_version),
    ("semverCompare", "string, string -> bool", _semver_compare),
)
