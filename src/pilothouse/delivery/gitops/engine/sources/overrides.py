"""`.argocd-source.yaml` and `.argocd-source-<app>.yaml`: parameters kept beside the manifests.

Each is merged over the source as a JSON merge patch; where the source is from does not change.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
import yaml

from pilothouse.api.patch.merge import apply_merge_patch
from pilothouse.api.yamltext import UnsafeYaml, check_yaml
from pilothouse.delivery.gitops.engine.sources.files import Files, join_path
from pilothouse.delivery.gitops.errors import SourceInvalid
from pilothouse.delivery.gitops.types.source import Source, read_one

SHARED = ".argocd-source.yaml"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_MEMBERS = ("helm", "kustomize", "directory", "plugin")


def overridden(source: Source, files: Files, app_name: str) -> Source:
    """Return a source with the parameters its own files set; raises `SourceInvalid`."""
    names = [SHARED]
    if _NAME.fullmatch(app_name):
        names.append(f".argocd-source-{app_name}.yaml")
    raw: dict[str, Any] = {key: value for key in ("helm", "kustomize", "directory") if (value := getattr(source, key))}
    before = dict(raw)
    for name in names:
        data = files.read(join_path(source.path, name))
        if data is not None:
            patch = _patch(data, f"{source.path}/{name}")
            raw = apply_merge_patch(raw, {key: patch[key] for key in _MEMBERS if key in patch})
    if raw == before:
        return source
    found = read_one({"repoURL": source.repo_url, **raw}, f"{source.path}/{SHARED}")
    return msgspec.structs.replace(
        source, helm=found.helm, kustomize=found.kustomize, directory=found.directory, explicit=found.explicit
    )


def _patch(data: bytes, where: str) -> dict[str, Any]:
    try:
        text = data.decode()
        check_yaml(text)
        tree = yaml.safe_load(text)
    except (UnsafeYaml, yaml.YAMLError, UnicodeDecodeError) as error:
        raise SourceInvalid(f"{where} cannot be read: {' '.join(str(error).split())[:300]}") from None
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise SourceInvalid(f"{where} is no map")
    return tree
