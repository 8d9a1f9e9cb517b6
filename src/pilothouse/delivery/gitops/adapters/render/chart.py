"""Render a Helm chart with the parameters of a source, as Argo CD calls `helm template`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from pilothouse.api.meta import Tree, metadata
from pilothouse.delivery import charts
from pilothouse.delivery.gitops.adapters.render.manifests import parse
from pilothouse.delivery.gitops.adapters.render.workspace import Task
from pilothouse.delivery.gitops.engine.sources.files import Files, clean_path, join_path
from pilothouse.delivery.gitops.engine.sources.globs import is_glob, matching
from pilothouse.delivery.gitops.engine.sources.needs import ChartNeed
from pilothouse.delivery.gitops.errors import SourceInvalid
from pilothouse.delivery.gitops.types import App
from pilothouse.kit.clock import Clock, Entropy, SystemClock, year_start
from pilothouse.kit.errors import PilothouseError

MAX_NESTED = 10


class Steady(SystemClock):
    """A clock that stands at the beginning of the year, so that certificates a chart makes stay the same until then."""

    def __init__(self, clock: Clock) -> None:
        """Stand still at the year of `clock`."""
        self._clock = clock

    def now(self) -> float:
        """Return the beginning of the year of the real clock."""
        return year_start(self._clock.now())


class ChartEngine:
    """What all renders share."""

    def __init__(self, clock: Clock) -> None:
        """Render in the year of `clock`."""
        self.clock = Steady(clock)
        self.cache = charts.RenderCache()


def seed_of(app: App) -> int:
    """Return what the random values of an Application come from: the same in every render, another for each Application."""
    meta = metadata(app.tree)
    text = f"{meta.get('namespace')}/{meta.get('name')}/{meta.get('uid')}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")


def render_source_chart(task: Task) -> list[Tree]:
    """Return the objects of the chart a source is."""
    folder = "" if task.source.is_chart else clean_path(task.source.path)
    return render_chart(task, dict(task.files.walk(folder)), folder, task.source.helm)


def render_chart(task: Task, files: Mapping[str, bytes], folder: str, helm: Mapping[str, Any]) -> list[Tree]:
    """Return the objects of a chart; raises `SourceInvalid`."""
    where = task.source.chart or task.source.path
    if "Chart.yaml" not in files:
        raise SourceInvalid(f"{where} has no Chart.yaml, but spec.source.helm is set")
    try:
        chart = charts.load_chart(_complete(task, files, folder, 0))
        if helm.get("skipSchemaValidation"):
            chart = _without_schemas(chart)
        rendered = charts.render(
            chart, release=_release(task, helm), values=_values(task, folder, helm), capabilities=_capabilities(helm),
            clock=task.engine.clock, entropy=Entropy(seed_of(task.app)), cache=task.engine.cache,
        )  # fmt: skip
    except SourceInvalid:
        raise
    except PilothouseError as error:
        raise SourceInvalid(f"chart {where}: {error.message}", fix=error.fix) from error
    texts = [(m.source, m.text) for m in (*(() if helm.get("skipCrds") else rendered.crds), *rendered.manifests)]
    texts += [(hook.source, hook.text) for hook in rendered.hooks if not hook.is_test]
    return [tree for source, text in texts for tree in parse(text, source)]


def _release(task: Task, helm: Mapping[str, Any]) -> charts.ReleaseOptions:
    namespace = str(helm.get("namespace") or task.app.destination_namespace)
    return charts.ReleaseOptions(name=str(helm.get("releaseName") or task.app.name), namespace=namespace)


def _capabilities(helm: Mapping[str, Any]) -> charts.Capabilities:
    found = charts.Capabilities(api_versions=tuple(str(each) for each in listed(helm, "apiVersions")))
    version = str(helm.get("kubeVersion") or "")
    if not version:
        return found
    return msgspec.structs.replace(found, kube_version=version if version.startswith("v") else f"v{version}")


def _without_schemas(chart: charts.Chart) -> charts.Chart:
    below = tuple(_without_schemas(each) for each in chart.dependencies)
    return msgspec.structs.replace(chart, schema=None, dependencies=below)


def _complete(task: Task, files: Mapping[str, bytes], folder: str, depth: int) -> dict[str, bytes]:
    """Return a chart's files with the dependencies it names and does not bring."""
    out = dict(files)
    for dependency in charts.remote.lacking(files):
        if depth == MAX_NESTED:
            raise SourceInvalid(f"chart {dependency.name}: dependencies are nested deeper than {MAX_NESTED}")
        url = dependency.repository
        if url.startswith("file://"):
            below = join_path(folder, url.removeprefix("file://"))
            found: Mapping[str, bytes] = _complete(task, dict(task.files.walk(below)), below, depth + 1)
        elif "://" in url:
            everywhere = bool(task.source.helm.get("passCredentials"))
            found = task.workspace.archive(ChartNeed(url, dependency.name, dependency.version, everywhere))
        else:
            raise SourceInvalid(
                f"chart {task.source.path}: dependency {dependency.name} is not in charts/ and names no repository",
                fix="commit charts/, or write the URL of its repository in Chart.yaml",
            )
        out.update({f"charts/{dependency.name}/{name}": data for name, data in found.items()})
    return out


def _values(task: Task, folder: str, helm: Mapping[str, Any]) -> dict[str, Any]:
    layers: list[Any] = []
    for name in listed(helm, "valueFiles"):
        layers += _value_files(task, folder, _expanded(task, str(name)), helm)
    if helm.get("valuesObject"):
        layers.append(helm["valuesObject"])
    elif helm.get("values"):
        layers.append(str(helm["values"]))
    values = charts.merge_layers(layers)
    for parameter in named(helm, "parameters"):
        flag = "set-string" if parameter.get("forceString") else "set"
        given = task.environment.expand(str("" if parameter.get("value") is None else parameter["value"]))
        charts.set_value(values, flag, f"{parameter['name']}={_escaped(given)}")
    for parameter in named(helm, "fileParameters"):
        path = task.environment.expand(str(parameter.get("path") or ""))
        charts.set_value(values, "set-file", f"{parameter['name']}={path}", lambda name: _text(task, folder, name))
    return values


def _expanded(task: Task, name: str) -> str:
    """Return the name of a value file with its variables replaced; `$ref/` at its beginning is none of them."""
    head, slash, rest = name.partition("/")
    if name.startswith("$") and slash and head[1:] not in task.environment and not head.startswith("${"):
        return f"{head}/{task.environment.expand(rest)}"
    return task.environment.expand(name)


def listed(options: Mapping[str, Any], key: str) -> list[Any]:
    """Return a list of a source's options; raises `SourceInvalid` when it is none."""
    found = options.get(key) or []
    if not isinstance(found, list):
        raise SourceInvalid(f"{key} of the source is no list")
    return found


def named(options: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return a list of records that have names; raises `SourceInvalid`."""
    found = listed(options, key)
    if not all(isinstance(item, dict) and item.get("name") for item in found):
        raise SourceInvalid(f"{key} of the source: every entry needs a name")
    return found


def _escaped(value: str) -> str:
    """Return a value whose commas do not begin another parameter; lists in braces keep theirs."""
    if value.startswith("{") and value.endswith("}"):
        return value
    out: list[str] = []
    for index, char in enumerate(value):
        out.append("\\," if char == "," and (index == 0 or value[index - 1] != "\\") else char)
    return "".join(out)


def _located(task: Task, folder: str, name: str) -> tuple[Files, str]:
    """Return where a file is: beside the chart, from the root (`/`), or in another source (`$ref/`)."""
    if name.startswith("$"):
        reference, _, path = name[1:].partition("/")
        return task.workspace.referred(reference), clean_path(path)
    if "://" in name:
        raise SourceInvalid(f"value file {name}: files of other servers are not fetched", fix="put it in a Git source with `ref`")
    return task.files, join_path(folder, name)


def _text(task: Task, folder: str, name: str) -> str:
    files, path = _located(task, folder, name)
    data = files.read(path)
    if data is None:
        raise SourceInvalid(f"file {name!r} is not there", fix="check spec.source.helm.fileParameters")
    return data.decode("utf-8", "replace")


def _value_files(task: Task, folder: str, name: str, helm: Mapping[str, Any]) -> list[bytes]:
    files, path = _located(task, folder, name)
    data = files.read(path)
    if data is not None:
        return [data]
    if is_glob(path):
        start = "/".join(part for part in path.split("/")[:-1])
        fixed = start.split("*")[0].split("?")[0].split("[")[0].split("{")[0].rpartition("/")[0] if is_glob(start) else start
        known = [f"{fixed}/{each}".lstrip("/") for each in files.walk(fixed)]
        found = [files.read(each) for each in matching(path, known)]
        if found:
            return [each for each in found if each is not None]
    if helm.get("ignoreMissingValueFiles"):
        return []
    raise SourceInvalid(f"values file {name!r} is not in {task.source.path}", fix="check spec.source.helm.valueFiles")
