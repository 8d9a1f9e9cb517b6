"""Build a kustomization: collect resources, bases and components, generate, transform, and fix names at the end.

The order of the steps is kustomize's: patches come before names change, hashes and references come last, once for all layers.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Any

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.engine.kustomize import fieldspecs, transformers
from pilothouse.delivery.gitops.engine.kustomize.errors import KustomizationInvalid, KustomizationNotSupported
from pilothouse.delivery.gitops.engine.kustomize.generators import absorb, content_hash, generate
from pilothouse.delivery.gitops.engine.kustomize.loading import (
    Remote,
    checked,
    documents,
    located,
    objects,
    read_kustomization,
    read_remote,
    texts,
)
from pilothouse.delivery.gitops.engine.kustomize.ordering import in_order
from pilothouse.delivery.gitops.engine.kustomize.patches import (
    apply_json,
    apply_strategic,
    id_of,
    is_selected,
    read_selector,
)
from pilothouse.delivery.gitops.engine.kustomize.references import fix_references
from pilothouse.delivery.gitops.engine.kustomize.replacements import replace, resolve_vars
from pilothouse.delivery.gitops.engine.kustomize.resources import Res, Resources
from pilothouse.delivery.gitops.engine.sources.files import Files

MAX_DEPTH = 32
OpenRemote = Callable[[Remote], Files]
Inflate = Callable[[Files, str, dict[str, Any]], Iterable[Tree]]
"""Renders an entry of `helmCharts` of the kustomization in a folder."""


class Builder:
    """Builds one kustomization with all its layers."""

    def __init__(self, open_remote: OpenRemote | None = None, inflate: Inflate | None = None) -> None:
        """Read bases of other repositories through `open_remote`, render charts through `inflate`."""
        self._open_remote, self._inflate = open_remote, inflate
        self._vars: list[Any] = []
        self._stack: list[tuple[int, str]] = []

    def build(self, files: Files, folder: str, edit: Callable[[dict[str, Any]], dict[str, Any]] | None = None) -> list[Tree]:
        """Return the objects of the kustomization in a folder; `edit` changes it first."""
        try:
            return self._built(files, folder, edit)
        except (TypeError, AttributeError, KeyError, ValueError, RecursionError) as error:
            problem = f"{type(error).__name__}: {error}"[:200]
            raise KustomizationInvalid(
                f"the kustomization in {folder or '.'}, or a file of it, has a field of another shape than documented ({problem})"
            ) from error

    def _built(
        self, files: Files, folder: str, edit: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    ) -> list[Tree]:  # fmt: skip
        tree = read_kustomization(files, folder)
        tree = checked(edit(tree), "the kustomization with the edits of the Application") if edit else tree
        resources = Resources()
        self._collect(files, folder, tree, resources)
        for res in resources:
            if res.needs_hash:
                res.remember()
                res.meta["name"] = f"{res.name}-{content_hash(res.tree)}"
        fix_references(resources)
        if self._vars:
            resolve_vars(resources, self._vars)
        return [res.tree for res in in_order(resources, tree.get("sortOptions"))]

    def _collect(self, files: Files, folder: str, tree: dict[str, Any], resources: Resources) -> None:
        place = (id(files), folder)
        if place in self._stack or len(self._stack) >= MAX_DEPTH:
            raise KustomizationInvalid(
                f"cycle detected: {folder or '.'} is part of itself, or layers are deeper than {MAX_DEPTH}"
            )
        self._stack.append(place)
        layer = _Layer(files, folder, tree)
        for path in (*tree.get("resources", ()), *tree.get("bases", ())):
            self._add(layer, str(path), resources)
        for path in tree.get("components", ()):
            self._component(layer, str(path), resources)
        for chart in tree.get("helmCharts", ()):
            if self._inflate is None:
                raise KustomizationNotSupported(f"{folder}: helmCharts are not rendered here")
            for each in self._inflate(files, folder, {**tree.get("helmGlobals", {}), **chart}):
                resources.add(Res(copy.deepcopy(each)))
        self._vars += tree.get("vars", ())
        layer.check_crds()
        layer.generate(resources)
        layer.transform(resources)
        self._stack.pop()

    def _add(self, layer: _Layer, path: str, resources: Resources) -> None:
        files, target = self._place(layer, path)
        if files.entries(target) is not None:
            below = Resources()
            self._collect(files, target, _of_kind(files, target, "Kustomization"), below)
            for res in below:
                resources.add(res)
            return
        data = files.read(located(layer.folder, path))
        if data is None:
            raise KustomizationInvalid(f"resource {path!r} of {layer.folder or '.'} is neither a file nor a folder")
        for tree in objects(data, target):
            resources.add(Res(tree))

    def _component(self, layer: _Layer, path: str, resources: Resources) -> None:
        files, target = self._place(layer, path)
        if files.entries(target) is None:
            raise KustomizationInvalid(f"component {path!r} of {layer.folder or '.'} is no folder")
        self._collect(files, target, _of_kind(files, target, "Component"), resources)

    def _place(self, layer: _Layer, path: str) -> tuple[Files, str]:
        remote = read_remote(path)
        if remote is None:
            return layer.files, located(layer.folder, path, may_leave=True)
        if self._open_remote is None:
            raise KustomizationNotSupported(f"resource {path} is in another repository, which is not read here")
        return self._open_remote(remote), remote.path.strip("/")


def _of_kind(files: Files, folder: str, kind: str) -> dict[str, Any]:
    tree = read_kustomization(files, folder)
    found = tree.get("kind") or "Kustomization"
    if found != kind:
        raise KustomizationInvalid(f"{folder} is a {found}, expected a {kind}")
    return tree


class _Layer:
    """One kustomization: its generators and transformers."""

    def __init__(self, files: Files, folder: str, tree: dict[str, Any]) -> None:
        self.files, self.folder, self.tree = files, folder, tree

    def read(self, path: str) -> bytes:
        data = self.files.read(located(self.folder, path))
        if data is None:
            raise KustomizationInvalid(f"file {path!r} of {self.folder or '.'} is not there")
        return data

    def check_crds(self) -> None:
        for path in self.tree.get("crds", ()):
            if b"x-kubernetes-" in self.read(str(path)):
                raise KustomizationNotSupported(
                    f"{self.folder}: crds that add references are not supported", fix="install kubectl"
                )

    def generate(self, resources: Resources) -> None:
        options = self.tree.get("generatorOptions", {})
        for kind, key in (("ConfigMap", "configMapGenerator"), ("Secret", "secretGenerator")):
            for args in self.tree.get(key, ()):
                if not isinstance(args, dict):
                    raise KustomizationInvalid(f"{self.folder}: {key} lists what is no map")
                absorb(resources, generate(kind, args, options, self.read))

    def transform(self, resources: Resources) -> None:
        tree = self.tree
        for each in tree.get("patchesStrategicMerge", ()):
            self._merge(resources, self._inline(str(each)), {})
        for each in tree.get("patches", ()):
            self._patch(resources, each)
        if tree.get("namespace"):
            transformers.set_namespace(resources, str(tree["namespace"]))
        transformers.add_affixes(resources, str(tree.get("namePrefix", "")), str(tree.get("nameSuffix", "")))
        self._labels(resources)
        if tree.get("commonAnnotations"):
            for res in resources:
                fieldspecs.change(res, fieldspecs.ANNOTATIONS, fieldspecs.merged(texts(tree["commonAnnotations"])))
        for each in tree.get("patchesJson6902", ()):
            self._patch(resources, each)
        self._values(resources)

    def _values(self, resources: Resources) -> None:
        for each in self.tree.get("replicas", ()):
            if not isinstance(each, dict) or not isinstance(each.get("count"), int):
                raise KustomizationInvalid(f"{self.folder}: replicas need name and count")
            transformers.set_replicas(resources, str(each.get("name")), each["count"])
        for each in self.tree.get("images", ()):
            transformers.set_images(resources, transformers.read_image(each))
        for each in self.tree.get("replacements", ()):
            self._replacement(resources, each)

    def _labels(self, resources: Resources) -> None:
        for entry in self.tree.get("labels", ()):
            if not isinstance(entry, dict):
                raise KustomizationInvalid(f"{self.folder}: labels lists what is no map")
            fields = fieldspecs.custom(entry.get("fields") or ())
            if entry.get("includeSelectors"):
                fields = (*fields, *fieldspecs.SELECTOR_LABELS)
            else:
                fields = (
                    *fields,
                    *(fieldspecs.TEMPLATE_LABELS if entry.get("includeTemplates") else ()),
                    fieldspecs.METADATA_LABELS,
                )
            for res in resources:
                fieldspecs.change(res, fields, fieldspecs.merged(texts(entry.get("pairs") or {})))
        for res in resources if self.tree.get("commonLabels") else ():
            fieldspecs.change(res, fieldspecs.SELECTOR_LABELS, fieldspecs.merged(texts(self.tree["commonLabels"])))

    def _inline(self, text: str) -> list[Any]:
        """Return the documents of a patch: of the text itself, or of the file it names."""
        if "\n" in text or text.lstrip().startswith(("{", "[")) or ": " in text:
            return documents(text.encode(), "patch")
        return documents(self.read(text), text)

    def _patch(self, resources: Resources, entry: Any) -> None:
        if not isinstance(entry, dict) or bool(entry.get("path")) == bool(entry.get("patch")):
            raise KustomizationInvalid(f"{self.folder}: a patch needs either path or patch")
        found = (
            documents(self.read(str(entry["path"])), str(entry["path"])) if entry.get("path") else self._text(str(entry["patch"]))
        )
        found = [item for each in found for item in (each if isinstance(each, list) else [each])]
        options, target = entry.get("options") or {}, entry.get("target")
        if found and all(isinstance(item, dict) and "op" in item for item in found):
            if not target:
                raise KustomizationInvalid(f"{self.folder}: a JSON patch needs a target")
            for res in self._selected(resources, target):
                apply_json(res, found)
            return
        self._merge(resources, found, options, target)

    @staticmethod
    def _text(text: str) -> list[Any]:
        return documents(text.encode(), "patch")

    @staticmethod
    def _selected(resources: Resources, target: Any) -> list[Res]:
        selector = read_selector(target)
        return [res for res in resources if is_selected(selector, res)]

    def _merge(self, resources: Resources, patches: list[Any], options: dict[str, Any], target: Any = None) -> None:
        for patch in patches:
            if not isinstance(patch, dict):
                raise KustomizationInvalid(f"{self.folder}: a patch is no map")
            keep_name, keep_kind = not options.get("allowNameChange"), not options.get("allowKindChange")
            if target:
                for res in self._selected(resources, target):
                    apply_strategic(resources, res, patch, keep_name=keep_name, keep_kind=keep_kind)
                continue
            wanted = id_of(patch)
            matches = resources.called(wanted)
            if len(matches) != 1:
                raise KustomizationInvalid(
                    f"{'no' if not matches else 'several'} matches for Id {wanted} of a patch in {self.folder or '.'}"
                )
            apply_strategic(resources, matches[0], patch, keep_name=True, keep_kind=True)

    def _replacement(self, resources: Resources, entry: Any) -> None:
        path = entry.get("path") if isinstance(entry, dict) else None
        for each in documents(self.read(str(path)), str(path)) if path else [entry]:
            for item in each if isinstance(each, list) else [each]:
                replace(resources, item)
