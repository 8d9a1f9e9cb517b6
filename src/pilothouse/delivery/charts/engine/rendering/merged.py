"""All rendered documents as one stream for a post-renderer, and its answer as files again.

Every document carries the name of its file in an annotation on the way, which is helm's, so that post-renderers see the same.
"""

from __future__ import annotations

from typing import Any

from pilothouse.delivery.charts.engine.functions.markup import yaml_error
from pilothouse.delivery.charts.engine.rendering.manifests import split_documents
from pilothouse.delivery.charts.engine.yaml.reader import YamlError, read_yaml
from pilothouse.delivery.charts.engine.yaml.writer import write_yaml
from pilothouse.delivery.charts.errors import RenderFailed

SOURCE = "postrenderer.helm.sh/postrender-filename"


def _read(text: str, where: str) -> dict[str, Any] | None:
    try:
        value = read_yaml(text)
    except YamlError as error:
        raise RenderFailed(f"YAML parse error on {where}: {yaml_error(error)}") from None
    if value is not None and not isinstance(value, dict):
        raise RenderFailed(f"YAML parse error on {where}: a document is no object")
    return value


def merge_with_sources(files: dict[str, str]) -> str:
    """Return one stream of all documents; raises RenderFailed for what is not YAML."""
    out: list[str] = []
    for name in sorted(files):
        if name.rsplit("/", 1)[-1].startswith("_"):
            continue
        for text in split_documents(files[name]):
            tree = _read(text, name)
            if tree is None:
                continue
            meta = dict(tree.get("metadata") or {})
            meta["annotations"] = {**(meta.get("annotations") or {}), SOURCE: name}
            out.append(write_yaml({**tree, "metadata": meta}))
    return "---\n".join(out)


def split_by_source(text: str) -> dict[str, str]:
    """Return the documents of a stream by file; those without a name get one. Raises RenderFailed."""
    files: dict[str, list[str]] = {}
    for index, document in enumerate(split_documents(text)):
        tree = _read(document, "the output of the post-renderer")
        if tree is None:
            continue
        meta = dict(tree.get("metadata") or {})
        annotations = dict(meta.get("annotations") or {})
        name = str(annotations.pop(SOURCE, "") or f"generated-by-postrender-{index}.yaml")
        meta |= {"annotations": annotations}
        kept = {key: value for key, value in meta.items() if key != "annotations" or value}
        plain = {key: value for key, value in {**tree, "metadata": kept}.items() if key != "metadata" or value}
        files.setdefault(name, []).append(write_yaml(plain))
    return {name: "---\n".join(documents) for name, documents in files.items()}
