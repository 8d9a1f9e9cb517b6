"""Render a chart: values merged and checked, every template run, the output sorted. The middle of the engine.

Called by the facade. Pure: the present and the randomness are arguments, `lookup` is a function the caller brings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pilothouse.delivery.charts.engine.chart.dependencies import process_dependencies
from pilothouse.delivery.charts.engine.chart.exact import in_mode
from pilothouse.delivery.charts.engine.execution.faults import BudgetExceeded, ExecError
from pilothouse.delivery.charts.engine.execution.templates import Limits, TemplateSet
from pilothouse.delivery.charts.engine.functions import standard_functions
from pilothouse.delivery.charts.engine.functions.semver import is_compatible
from pilothouse.delivery.charts.engine.merging.coalesce import coalesce_values
from pilothouse.delivery.charts.engine.merging.schema import check_schemas
from pilothouse.delivery.charts.engine.rendering.cache import RenderCache
from pilothouse.delivery.charts.engine.rendering.hostfunctions import host_functions
from pilothouse.delivery.charts.engine.rendering.incremental import Kept, Reuse, analysed
from pilothouse.delivery.charts.engine.rendering.manifests import sort_rendered
from pilothouse.delivery.charts.engine.rendering.merged import merge_with_sources, split_by_source
from pilothouse.delivery.charts.engine.rendering.objects import Files, capabilities_object, chart_object
from pilothouse.delivery.charts.engine.rendering.traces import exec_message, parse_message
from pilothouse.delivery.charts.engine.template.parser import ParseError
from pilothouse.delivery.charts.engine.values.kinds import Values
from pilothouse.delivery.charts.errors import ChartInvalid, ChartTooLarge, RenderFailed
from pilothouse.delivery.charts.types import Capabilities, Chart, Manifest, ReleaseOptions, Rendered

if TYPE_CHECKING:
    from pilothouse.kit.clock import Entropy

Lookup = Callable[[str, str, str, str], dict[str, Any]]
PostRender = Callable[[str], str]
_NO_VALUE = "<no value>"


class Unit:
    """One template file to run and the data it is run with."""

    __slots__ = ("base_path", "data", "source")

    def __init__(self, source: bytes, data: dict[str, Any], base_path: str) -> None:
        self.source = source
        self.data = data
        self.base_path = base_path

    @property
    def text(self) -> str:
        """The template."""
        return self.source.decode("utf-8", "surrogateescape")


def _collect(chart: Chart, top: dict[str, Any], values: Any, path: str, units: dict[str, Unit]) -> dict[str, Any]:
    is_root = "/" not in path
    subcharts: dict[str, Any] = {}
    data = Values(
        {
            "Chart": chart_object(chart, is_root),
            "Files": Files.of(chart.files),
            "Release": top["Release"],
            "Capabilities": top["Capabilities"],
            "Values": values if isinstance(values, Values) else Values(values),
            "Subcharts": subcharts,
        }
    )
    for child in chart.dependencies:
        table = values.get(child.name)
        inner = table if isinstance(table, dict) else {}
        subcharts[child.name] = _collect(child, top, inner, f"{path}/charts/{child.name}", units)
    for file in chart.templates:
        partial = file.name.rsplit("/", 1)[-1].startswith("_")
        if chart.is_library and not partial:
            continue
        units[f"{path}/{file.name}"] = Unit(file.data, data, f"{path}/templates")
    return data


def chart_units(chart: Chart, release: ReleaseOptions, merged: dict[str, Any], capabilities: Capabilities) -> dict[str, Unit]:
    """Return every template file of a chart and its subcharts by path, with its data."""
    top = {"Release": release_object(release), "Capabilities": capabilities_object(capabilities)}
    units: dict[str, Unit] = {}
    _collect(chart, top, Values(merged), chart.name, units)
    return units


def in_parse_order(units: dict[str, Unit]) -> list[str]:
    """Return the paths in the order they are parsed: what a chart defines replaces what its subcharts define."""
    return sorted(units, key=lambda name: (name.count("/"), name.encode("utf-8", "surrogateescape")), reverse=True)


def release_object(release: ReleaseOptions) -> dict[str, Any]:
    """Return `.Release`."""
    return {
        "Name": release.name,
        "Namespace": release.namespace,
        "IsUpgrade": release.is_upgrade,
        "IsInstall": release.is_install,
        "Revision": release.revision,
        "Service": "Helm",
    }


class Renderer:
    """Renders with one time, one source of randomness and one code cache."""

    def __init__(
        self, now_s: float, entropy: Entropy, cache: RenderCache, lookup: Lookup | None = None, *, lint: bool = False
    ) -> None:
        self.entropy = entropy
        self.asked: set[str] = set()
        """The functions that were called and may answer otherwise in the next render."""
        self.functions = standard_functions(now_s, entropy, self.asked)
        self.functions.update(host_functions(None, lookup))
        self.cache = cache
        self.lookup = lookup
        self.lint = lint
        self.log: list[str] = []
        self.limits = Limits()
        self.numbers = ""
        """`exact` or `helm`; empty for what the chart's annotation says."""
        self.kept: Kept | None = None
        """What is kept of the chart that is rendered."""

    def texts(self, units: dict[str, Unit], reuse: Reuse | None = None) -> dict[str, str]:
        """Run every template that is not a partial, but for what can be reused; raises RenderFailed."""
        templates: TemplateSet | None = None
        out: dict[str, str] = {}
        for name in in_parse_order(units):
            if name.rsplit("/", 1)[-1].startswith("_"):
                continue
            text = reuse.text(name) if reuse is not None else None
            if text is None:
                templates = templates or self.parsed(units)
                unit = units[name]
                unit.data["Template"] = {"Name": name, "BasePath": unit.base_path}
                self.entropy.restart(name)
                text = self._one(templates, name, unit).replace(_NO_VALUE, "")
                if reuse is not None:
                    reuse.keep(name, text)
            out[name] = text
        if templates is None and reuse is None:
            self.parsed(units)
        return out

    def parsed(self, units: dict[str, Unit]) -> TemplateSet:
        """Return all templates, ready to run; raises RenderFailed for one that cannot be parsed."""
        templates = TemplateSet(self.functions, self.cache, limits=self.limits)
        templates.bind(host_functions(templates, self.lookup, lint=self.log if self.lint else None))
        if self.kept is not None and self.kept.definitions:
            templates.templates = dict(self.kept.definitions)
            return templates
        for name in in_parse_order(units):
            try:
                templates.add(name, units[name].text)
            except ParseError as error:
                raise RenderFailed(parse_message(str(error), name)) from None
        return templates

    def reuse(self, chart: Chart, units: dict[str, Unit], merged: dict[str, Any], rest: Any) -> Reuse | None:
        """Return what may be taken from earlier renders of a chart; nothing while linting or with a cluster to ask."""
        kept = self.kept = None if self.lint or self.lookup is not None else self.cache.incremental.open(chart)
        if kept is None:
            return None
        if kept.reads is None:
            templates = kept.definitions = self.parsed(units).templates
            trees = {name: definition.file.parsed()[name] for name, definition in templates.items()}
            files = {name: (trees[name], values_prefix(name, chart.name)) for name in units if name in trees}
            kept.reads = analysed(trees, files)
        return Reuse(kept, merged, rest)

    def crds(self, chart: Chart) -> tuple[Manifest, ...]:
        """Return the CRDs of a chart; they never change with values."""
        if self.kept is None:
            return tuple(_crds(chart, chart.name))
        if self.kept.crds is None:
            self.kept.crds = tuple(_crds(chart, chart.name))
        return self.kept.crds

    def _one(self, templates: TemplateSet, name: str, unit: Unit) -> str:
        try:
            return templates.execute(name, unit.data)
        except ExecError as error:
            raise RenderFailed(exec_message(error, name)) from None
        except BudgetExceeded as error:
            raise ChartTooLarge(f"execution error in ({name}): {error}") from None
        except (RecursionError, MemoryError):
            raise ChartTooLarge(f"execution error in ({name}): the render needs too much memory or stack") from None


def _crds(chart: Chart, path: str) -> list[Manifest]:
    own = [
        Manifest(f"{path}/{f.name}", f.data.decode("utf-8", "replace"), "", "CustomResourceDefinition")
        for f in chart.files
        if f.name.startswith("crds/") and f.name.endswith((".yaml", ".yml", ".json"))
    ]
    for child in chart.dependencies:
        own += _crds(child, f"{path}/charts/{child.name}")
    return own


def _notes(files: dict[str, str], root: str, include_subcharts: bool) -> str:
    found = sorted((n for n in files if n.rsplit("/", 1)[-1] == "NOTES.txt"), key=lambda n: n.count("/"))
    own = f"{root}/templates/NOTES.txt"
    kept = [files[n] for n in found if include_subcharts or n == own]
    for name in found:
        del files[name]
    return "\n".join(text for text in kept if text)


def check_kube_version(chart: Chart, capabilities: Capabilities) -> None:
    """Raise RenderFailed when the chart wants another Kubernetes."""
    wanted = chart.metadata.get("kubeVersion")
    if wanted and not is_compatible(str(wanted), capabilities.kube_version):
        raise RenderFailed(
            f"chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {capabilities.kube_version}"
        )


def render_texts(
    chart: Chart,
    release: ReleaseOptions,
    values: dict[str, Any],
    capabilities: Capabilities,
    renderer: Renderer,
    *,
    skip_schema: bool = False,
    log: list[str] | None = None,
) -> dict[str, str]:
    """Run every template of a chart and return the texts by file; the raw material of a render and of lint."""
    return _run(chart, release, values, capabilities, renderer, skip_schema, [] if log is None else log)[1]


def _run(
    chart: Chart,
    release: ReleaseOptions,
    values: dict[str, Any],
    capabilities: Capabilities,
    renderer: Renderer,
    skip_schema: bool,
    log: list[str],
) -> tuple[Chart, dict[str, str]]:
    chart, values = in_mode(chart, values, renderer.numbers)
    chart = process_dependencies(chart, values, log)
    merged = coalesce_values(chart, values, log)
    if not skip_schema:
        check_schemas(chart, merged, renderer.cache.fitting)
    if not renderer.lint:
        check_kube_version(chart, capabilities)
    renderer.log = log
    units = chart_units(chart, release, merged, capabilities)
    reuse = renderer.reuse(chart, units, merged, repr((release, capabilities, renderer.numbers, _metadata(chart))))
    return chart, renderer.texts(units, reuse)


def _metadata(chart: Chart) -> Any:
    return chart.metadata, [_metadata(child) for child in chart.dependencies]


def values_prefix(unit: str, root: str) -> tuple[str, ...]:
    """Return where the values of a file's chart are: the names of the subcharts on its path."""
    parts = unit.removeprefix(root + "/").split("/")
    found: list[str] = []
    while len(parts) > 2 and parts[0] == "charts":
        found.append(parts[1])
        parts = parts[2:]
    return tuple(found)


def render_chart(
    chart: Chart,
    release: ReleaseOptions,
    values: dict[str, Any],
    capabilities: Capabilities,
    renderer: Renderer,
    *,
    skip_schema: bool = False,
    subchart_notes: bool = False,
    log: list[str] | None = None,
    post_render: PostRender | None = None,
) -> Rendered:
    """Render a chart; `post_render` may change all documents before they are sorted.

    Raises ChartInvalid, ValuesInvalid, RenderFailed or ChartTooLarge.
    """
    if chart.is_library:
        raise ChartInvalid("library charts are not installable")
    warnings: list[str] = [] if log is None else log
    chart, files = _run(chart, release, values, capabilities, renderer, skip_schema, warnings)
    notes = _notes(files, chart.name, subchart_notes)
    if post_render is not None:
        files = split_by_source(post_render(merge_with_sources(files)))
    manifests, hooks = sort_rendered(files, renderer.cache.heads)
    return Rendered(manifests, hooks, notes, renderer.crds(chart), tuple(warnings), chart)
