"""Render a chart as one test of a suite wants it: its values, its release, only the templates the suite names."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from pilothouse.delivery.charts.engine.chart.dependencies import process_dependencies
from pilothouse.delivery.charts.engine.chart.exact import in_mode
from pilothouse.delivery.charts.engine.chart.loading import read_values
from pilothouse.delivery.charts.engine.execution.faults import BudgetExceeded, ExecError
from pilothouse.delivery.charts.engine.execution.templates import TemplateSet
from pilothouse.delivery.charts.engine.merging.coalesce import coalesce_values
from pilothouse.delivery.charts.engine.merging.schema import check_schemas
from pilothouse.delivery.charts.engine.merging.strvals import merge_maps
from pilothouse.delivery.charts.engine.rendering.cache import RenderCache
from pilothouse.delivery.charts.engine.rendering.lookups import SnapshotLookup
from pilothouse.delivery.charts.engine.rendering.render import Renderer, Unit, chart_units
from pilothouse.delivery.charts.engine.rendering.traces import exec_message, marked_message
from pilothouse.delivery.charts.engine.suites.choosing import EVERYTHING, is_chosen
from pilothouse.delivery.charts.engine.suites.records import Case, Situation, Suite
from pilothouse.delivery.charts.engine.suites.setting import SetInvalid, nested
from pilothouse.delivery.charts.engine.values.kinds import Int64
from pilothouse.delivery.charts.errors import ChartTooLarge, RenderFailed, ValuesInvalid
from pilothouse.delivery.charts.types import Capabilities, Chart, ReleaseOptions

if TYPE_CHECKING:
    from pilothouse.kit.clock import Entropy

ReadFile = Callable[[str], bytes]
"""Reads a file by its path from the suite's folder; raises ValuesInvalid."""
_PLACED = re.compile(r"(?ms)^(?:.+?: |.+? \()(.+?):\d+?:\d+?.+?(?:.+?>)*?: (.+?)$")
"""A message with the place of a template in it: the file, and what is behind the place."""
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_MAX_NAME = 53


class TemplateFailed(RenderFailed):
    """A template failed; `text` is the message as helm 3 words it, which suites compare with, `shown` as helm 4 does."""

    def __init__(self, text: str, shown: str) -> None:
        super().__init__(shown)
        self.text = text

    def place_and_message(self) -> tuple[str, str]:
        """Return the file and the message suites see; both empty when no place is known."""
        match = _PLACED.search(self.text)
        if match is None:
            return "", ""
        rest = self.text.partition("\n")[2]
        return match.group(1), rest or match.group(2)


class SuiteRenderer(Renderer):
    """Renders with one time and seed; failures keep their whole message."""

    def __init__(self, now_s: float, entropy: Entropy, cache: RenderCache, objects: tuple[dict[str, Any], ...]) -> None:
        """Answer `lookup` from the objects of a test, when it has some."""
        super().__init__(now_s, entropy, cache, SnapshotLookup(_plain(Int64, [*objects])) if objects else None)

    def _one(self, templates: TemplateSet, name: str, unit: Unit) -> str:
        try:
            return templates.execute(name, unit.data)
        except ExecError as error:
            raise TemplateFailed(marked_message(str(error)), exec_message(error, name)) from None
        except (BudgetExceeded, RecursionError, MemoryError) as error:
            raise ChartTooLarge(f"execution error in ({name}): {str(error) or 'the render needs too much memory'}") from None


def case_values(suite: Suite, case: Case, read: ReadFile) -> dict[str, Any]:
    """Return the values of a test: files and `set` of the suite, then of the test; raises ValuesInvalid."""
    values: dict[str, Any] = {}
    for path in (*suite.values, *case.values):
        values = merge_maps(values, _scoped(suite.route, read_values(read(path))))
    for path, value in (*suite.set.items(), *case.set.items()):
        try:
            values = merge_maps(values, _scoped(suite.route, _plain(float, nested(str(path), value))))
        except SetInvalid as error:
            raise ValuesInvalid(str(error)) from None
    return values


def _scoped(route: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a subchart as those of the chart above it."""
    for name in reversed(route.split("/")[2::2]):
        shared = {"global": values["global"]} if "global" in values else {}
        values = {**shared, name: values}
    return values


def _plain(whole: Callable[[int], Any], value: Any) -> Any:
    """Return a value of a suite as templates know it, whole numbers as `whole` makes them."""
    if isinstance(value, dict):
        return {str(key): _plain(whole, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(whole, inner) for inner in value]
    return whole(value) if isinstance(value, int) and not isinstance(value, bool) else value


def release_of(situation: Situation) -> ReleaseOptions:
    """Return `.Release` of a test; raises ValuesInvalid."""
    given = situation.release
    name = str(given.get("name") or "")
    if name and (not _NAME.fullmatch(name) or len(name) > _MAX_NAME):
        raise ValuesInvalid(
            f"invalid release name, must match regex ^{_NAME.pattern}$ and the length must not be longer than {_MAX_NAME}"
        )
    revision = given.get("revision")
    return ReleaseOptions(
        name or "RELEASE-NAME", str(given.get("namespace") or "NAMESPACE"),
        revision if isinstance(revision, int) else 0, is_upgrade=given.get("upgrade") is True,
    )  # fmt: skip


def capabilities_of(situation: Situation) -> Capabilities:
    """Return `.Capabilities` of a test: API versions are only those it names."""
    given, default = situation.capabilities, Capabilities().kube_version.lstrip("v").split(".")
    major, minor = str(given.get("majorVersion") or default[0]), str(given.get("minorVersion") or default[1])
    return Capabilities(f"v{major}.{minor}.0", tuple(given.get("apiVersions") or ()), is_complete=True)


def adapted(chart: Chart, situation: Situation) -> Chart:
    """Return the chart, and those right below it, with the version and appVersion of a test."""
    changes = {key: str(situation.chart[key]) for key in ("version", "appVersion") if situation.chart.get(key)}
    if not changes:
        return chart
    below = tuple(msgspec.structs.replace(c, metadata={**c.metadata, **changes}) for c in chart.dependencies)
    return msgspec.structs.replace(chart, metadata={**chart.metadata, **changes}, dependencies=below)


def _thinned(chart: Chart, path: str, suite: Suite) -> Chart:
    wanted = suite.templates or (EVERYTHING,)
    templates = tuple(f for f in chart.templates if is_chosen(f"{path}/{f.name}", suite.route, wanted, suite.excluded))
    below = tuple(_thinned(child, f"{path}/charts/{child.name}", suite) for child in chart.dependencies)
    return msgspec.structs.replace(chart, templates=templates, dependencies=below)


def render_case(
    chart: Chart, suite: Suite, case: Case, situation: Situation, renderer: SuiteRenderer, read: ReadFile, *, skip_schema: bool
) -> dict[str, str]:
    """Return the rendered files of a test by name; raises PilothouseError, TemplateFailed for a template's own failure."""
    values = case_values(suite, case, read)
    release = release_of(situation)
    chart, values = in_mode(chart, values)
    active = process_dependencies(chart, values, [])
    merged = coalesce_values(active, values, [])
    if not skip_schema:
        check_schemas(active, merged, renderer.cache.fitting)
    thin = _thinned(adapted(active, situation), active.name, suite)
    units = chart_units(thin, release, merged, capabilities_of(situation))
    files = renderer.texts(units)
    return {posixpath.normpath(name): text for name, text in files.items()}


def crds_of(chart: Chart, path: str) -> Mapping[str, str]:
    """Return the files below `crds/` by name."""
    out = {f"{path}/{f.name}": f.data.decode("utf-8", "replace") for f in chart.files
           if f.name.startswith("crds/") and f.name.endswith((".yaml", ".yml", ".json"))}  # fmt: skip
    for child in chart.dependencies:
        out.update(crds_of(child, f"{path}/charts/{child.name}"))
    return out
