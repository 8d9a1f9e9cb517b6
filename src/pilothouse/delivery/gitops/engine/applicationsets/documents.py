"""Read the objects that files and templates hold: YAML or JSON, with times as text and every number as Go's float."""

from __future__ import annotations

from typing import Any

import yaml

from pilothouse.api.yamltext import LOADER, UnsafeYaml, check_yaml
from pilothouse.delivery.gitops.errors import GeneratorFailed


class _Loader(LOADER):  # type: ignore[misc]
    """YAML without dates."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in LOADER.yaml_implicit_resolvers.items()
}


def read_document(text: str) -> Any:
    """Return the one document of a text, None for an empty one; raises `GeneratorFailed`."""
    try:
        check_yaml(text)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader
    except UnsafeYaml as error:
        raise GeneratorFailed(f"unable to parse file: {error}") from None
    except yaml.YAMLError as error:
        raise GeneratorFailed(f"unable to parse file: {' '.join(str(error).split())[:300]}") from None
