"""From the text of manifests to objects, and a directory of them to all it holds."""

from __future__ import annotations

import yaml

from pilothouse.api.meta import Tree, annotations_of, metadata, name_of
from pilothouse.api.yamltext import ManifestLoader, UnsafeYaml, check_yaml
from pilothouse.delivery.gitops.engine.sources.files import Files, clean_path, join_path
from pilothouse.delivery.gitops.engine.sources.globs import matches
from pilothouse.delivery.gitops.errors import SourceInvalid
from pilothouse.delivery.gitops.types.source import Source

MAX_DEPTH = 64
_SUFFIXES = (".yaml", ".yml", ".json")
_OWN = ".argocd-source"
_SKIP = b"+argocd:skip-file-rendering"


def parse(text: str, where: str) -> list[Tree]:
    """Return the objects of a stream of YAML or JSON; raises `SourceInvalid`."""
    try:
        check_yaml(text)
        documents = list(yaml.load_all(text, Loader=ManifestLoader))
    except UnsafeYaml as error:
        raise SourceInvalid(f"{where} is refused: {error}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SourceInvalid(f"{where} is not YAML: {' '.join(str(error).split())[:300]}") from error
    found: list[Tree] = []
    for document in documents:
        if document is None:
            continue
        if not isinstance(document, dict) or not document.get("kind") or not document.get("apiVersion"):
            raise SourceInvalid(f"{where} holds a document without apiVersion and kind")
        found += _items(document, where) if str(document["kind"]).endswith("List") and "items" in document else [document]
    if not all(isinstance(tree.get("metadata") or {}, dict) for tree in found):
        raise SourceInvalid(f"{where} holds an object whose metadata is no map")
    return [tree for tree in found if name_of(tree) or metadata(tree).get("generateName") or annotations_of(tree)]


def _items(document: Tree, where: str) -> list[Tree]:
    items = document["items"] or []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise SourceInvalid(f"{where} holds a list whose items are no objects")
    return items


def render_directory(source: Source, files: Files) -> list[Tree]:
    """Return the objects of a directory: every manifest its include and exclude patterns let through."""
    options = source.directory
    if any((options.get("jsonnet") or {}).values()):
        raise SourceInvalid("spec.source.directory.jsonnet: Jsonnet is not supported", fix="render it to YAML or JSON")
    found: list[Tree] = []
    for name in _names(files, clean_path(source.path), "", is_recursive=bool(options.get("recurse"))):
        exclude, include = str(options.get("exclude") or ""), str(options.get("include") or "")
        if (exclude and matches(exclude, name)) or (include and not matches(include, name)):
            continue
        if name.endswith((".jsonnet", ".libsonnet")):
            if name.endswith(".jsonnet"):
                raise SourceInvalid(
                    f"{name}: Jsonnet is not supported", fix="render it, or exclude it with spec.source.directory.exclude"
                )
            continue
        data = files.read(join_path(source.path, name))
        if data is not None and _SKIP not in data:
            found += parse(data.decode("utf-8", "replace"), name)
    return found


def _names(files: Files, start: str, prefix: str, *, is_recursive: bool, depth: int = 0) -> list[str]:
    """Return the manifests below a folder in order."""
    if depth > MAX_DEPTH:
        raise SourceInvalid(f"{start} is nested deeper than {MAX_DEPTH} folders")
    found: list[str] = []
    for name, is_folder in sorted((files.entries(join_path(start, prefix)) or {}).items()):
        if not is_folder:
            if name.endswith((*_SUFFIXES, ".jsonnet")) and not name.startswith(_OWN):
                found.append(prefix + name)
        elif is_recursive:
            found += _names(files, start, f"{prefix}{name}/", is_recursive=True, depth=depth + 1)
    return found
