"""From files of a commit to the objects that are wanted."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Any

import yaml

from pilothouse.api.meta import Tree, annotations_of, metadata, name_of
from pilothouse.api.yamltext import UnsafeYaml, check_yaml
from pilothouse.delivery import charts
from pilothouse.delivery.gitops.adapters.git import GitMirrors
from pilothouse.delivery.gitops.errors import SourceInvalid
from pilothouse.delivery.gitops.types import App, Source
from pilothouse.kit.aio import offload
from pilothouse.kit.clock import Clock, Entropy, SystemClock, year_start
from pilothouse.kit.errors import PilothouseError

CACHED_RENDERS = 64
_SUFFIXES = (".yaml", ".yml", ".json")


class Renderer:
    """Renders sources, remembering results by tree and parameters."""

    def __init__(self, mirrors: GitMirrors, clock: Clock) -> None:
        """Read files from `mirrors`."""
        self._mirrors, self._clock = mirrors, clock
        self._cache: OrderedDict[tuple[Any, ...], list[Tree]] = OrderedDict()

    async def render(self, app: App, commit: str) -> list[Tree]:
        """Return the objects of a commit; raises `SourceInvalid` with the file."""
        source = app.source
        tree_id = await self._mirrors.tree_id(source.repo_url, commit, source.path)
        key = (
            source.repo_url,
            tree_id,
            source.path,
            repr(source.helm),
            repr(source.directory),
            app.name,
            app.destination_namespace,
            metadata(app.tree).get("uid"),
        )
        found = self._cache.get(key)
        if found is None:
            files = await self._mirrors.files(source.repo_url, commit, source.path)
            found = await offload(self._render, app, files)
            self._cache[key] = found
            while len(self._cache) > CACHED_RENDERS:
                self._cache.popitem(last=False)
        return found

    def _render(self, app: App, files: dict[str, bytes]) -> list[Tree]:
        if "Chart.yaml" in files:
            return self._render_chart(app, files)
        if any(name in files for name in ("kustomization.yaml", "kustomization.yml", "Kustomization")):
            raise SourceInvalid(f"{app.source.path} is a kustomization, which is not supported yet")
        return _directory(app.source, files)

    def _render_chart(self, app: App, files: dict[str, bytes]) -> list[Tree]:
        helm = app.source.helm
        layers: list[Any] = []
        for name in helm.get("valueFiles") or ():
            if name not in files:
                if helm.get("ignoreMissingValueFiles"):
                    continue
                raise SourceInvalid(f"values file {name!r} is not in {app.source.path}", fix="check spec.source.helm.valueFiles")
            layers.append(files[name])
        if helm.get("values"):
            layers.append(str(helm["values"]))
        if helm.get("valuesObject"):
            layers.append(helm["valuesObject"])
        try:
            values = charts.merge_layers(layers)
            for parameter in helm.get("parameters") or ():
                _set(values, str(parameter["name"]), parameter.get("value"), bool(parameter.get("forceString")))
            release = charts.ReleaseOptions(name=helm.get("releaseName") or app.name, namespace=app.destination_namespace)
            rendered = charts.render(
                charts.load_chart(files), release=release, values=values, clock=_Steady(self._clock), entropy=Entropy(_seed(app))
            )
        except PilothouseError as error:
            raise SourceInvalid(f"chart {app.source.path}: {error.message}") from error
        texts = [(m.source, m.text) for m in (*(() if helm.get("skipCrds") else rendered.crds), *rendered.manifests)]
        texts += [(hook.source, hook.text) for hook in rendered.hooks if not hook.is_test]
        return [tree for source, text in texts for tree in _parse(text, source)]


class _Steady(SystemClock):
    """A clock that stands at the beginning of the year, so that certificates a chart makes stay the same until then."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> float:
        """Return the beginning of the year of the real clock."""
        return year_start(self._clock.now())


def _seed(app: App) -> int:
    """Return what the random values of an Application come from: the same in every render, another for each Application."""
    meta = metadata(app.tree)
    text = f"{meta.get('namespace')}/{meta.get('name')}/{meta.get('uid')}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")


def _set(values: dict[str, Any], path: str, value: Any, force_string: bool) -> None:
    """Set a Helm parameter: dots separate keys, a backslash keeps one."""
    keys = [key.replace("\0", ".") for key in path.replace("\\.", "\0").split(".")]
    for key in keys[:-1]:
        below = values.get(key)
        values[key] = below if isinstance(below, dict) else {}
        values = values[key]
    values[keys[-1]] = value if force_string else yaml.safe_load(str(value)) if value is not None else None


def _directory(source: Source, files: dict[str, bytes]) -> list[Tree]:
    found: list[Tree] = []
    is_recursive = bool(source.directory.get("recurse"))
    for name in sorted(files):
        if name.endswith(_SUFFIXES) and (is_recursive or "/" not in name):
            found += _parse(files[name].decode("utf-8", "replace"), name)
    return found


def _parse(text: str, where: str) -> list[Tree]:
    try:
        check_yaml(text)
        documents = list(yaml.load_all(text, Loader=_Loader))
    except UnsafeYaml as error:
        raise SourceInvalid(f"{where} is refused: {error}") from error
    except yaml.YAMLError as error:
        raise SourceInvalid(f"{where} is not YAML: {' '.join(str(error).split())[:300]}") from error
    found: list[Tree] = []
    for document in documents:
        if document is None:
            continue
        if not isinstance(document, dict) or not document.get("kind") or not document.get("apiVersion"):
            raise SourceInvalid(f"{where} holds a document without apiVersion and kind")
        found += document.get("items") or [] if document["kind"] == "List" else [document]
    return [tree for tree in found if name_of(tree) or metadata(tree).get("generateName") or annotations_of(tree)]


class _Loader(yaml.CSafeLoader):
    """YAML with times kept as text, as the API server reads them."""


_Loader.yaml_implicit_resolvers = {
    key: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for key, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
