"""What a suite file says, and what came of running it."""

from __future__ import annotations

from typing import Any

import msgspec


class Selector(msgspec.Struct, frozen=True):
    """`documentSelector`: the documents whose `path` has `value` (any value, when none is given)."""

    path: str
    value: Any = None
    match_many: bool = False
    skip_empty: bool = False


class Assertion(msgspec.Struct, frozen=True):
    """One entry of `asserts`; parameter names are in lower case, as upper and lower case do not matter in them."""

    kind: str
    params: dict[str, Any]
    is_not: bool = False
    template: str = ""
    index: int | None = None
    selector: Selector | None = None
    line: int = 0


class Situation(msgspec.Struct, frozen=True):
    """What a chart is rendered with besides values: of a suite, and of a test on top of it."""

    release: dict[str, Any] = {}
    capabilities: dict[str, Any] = {}
    chart: dict[str, Any] = {}
    objects: tuple[dict[str, Any], ...] = ()

    def over(self, below: Situation) -> Situation:
        """Return this with the gaps filled from `below`."""
        capabilities = {**below.capabilities, **{k: v for k, v in self.capabilities.items() if v is not None}}
        if "apiVersions" in self.capabilities:
            own = self.capabilities["apiVersions"]
            capabilities["apiVersions"] = None if own is None else [*own, *(below.capabilities.get("apiVersions") or [])]
        return Situation(
            {**below.release, **{k: v for k, v in self.release.items() if v}}, capabilities,
            {**below.chart, **{k: v for k, v in self.chart.items() if v}}, (*self.objects, *below.objects),
        )  # fmt: skip


class Case(msgspec.Struct, frozen=True):
    """One test of a suite."""

    name: str
    values: tuple[str, ...]
    set: dict[str, Any]
    templates: tuple[str, ...]
    index: int | None
    selector: Selector | None
    situation: Situation
    asserts: tuple[Assertion, ...]
    skip: str = ""
    line: int = 0


class Suite(msgspec.Struct, frozen=True):
    """One suite. `route` is the chart it belongs to, `chart` or `chart/charts/subchart`."""

    name: str
    file: str
    route: str
    values: tuple[str, ...]
    set: dict[str, Any]
    templates: tuple[str, ...]
    excluded: tuple[str, ...]
    include_crds: bool
    situation: Situation
    cases: tuple[Case, ...]
    skip: str = ""
    snapshot_id: str = ""


class AssertResult(msgspec.Struct, frozen=True):
    """What came of one assertion; `lines` say what is wrong."""

    number: int
    kind: str
    is_not: bool
    passed: bool
    lines: tuple[str, ...] = ()
    line: int = 0
    skipped: bool = False


class CaseResult(msgspec.Struct, frozen=True):
    """What came of a test: passed, failed, errored or skipped."""

    name: str
    status: str
    asserts: tuple[AssertResult, ...] = ()
    error: str = ""
    seconds: float = 0.0
    line: int = 0


class SnapshotCount(msgspec.Struct, frozen=True):
    """How many snapshots a suite has, and what happened to them."""

    total: int = 0
    failed: int = 0
    created: int = 0
    vanished: int = 0


class SuiteResult(msgspec.Struct, frozen=True):
    """What came of a suite: passed, failed, errored or skipped."""

    name: str
    file: str
    status: str
    cases: tuple[CaseResult, ...] = ()
    error: str = ""
    snapshots: SnapshotCount = SnapshotCount()
