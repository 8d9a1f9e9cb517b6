"""Reading manifests from files, directories and standard input."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pilothouse.kit.errors import BadRequest

_ENDINGS = {".yaml", ".yml", ".json"}


def read_manifests(sources: list[str], *, recursive: bool = False) -> list[dict[str, Any]]:
    """Return all documents of the files; raises `BadRequest` with file and line."""
    found: list[dict[str, Any]] = []
    for source in sources:
        if source == "-":
            found += parse_manifests(sys.stdin.read(), "standard input")
            continue
        path = Path(source)
        if not path.exists():
            raise BadRequest(f"the path {source!r} does not exist")
        files = sorted(path.rglob("*") if recursive else path.iterdir()) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and (file == path or file.suffix in _ENDINGS):
                found += parse_manifests(_text(file), str(file))
    return found


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(f"{file} is no text: {error}", fix="a manifest is YAML or JSON in UTF-8") from error
    except OSError as error:
        raise BadRequest(f"{file} cannot be read: {error.strerror or error}") from error


def parse_manifests(text: str, where: str) -> list[dict[str, Any]]:
    """Return all documents of a text; raises `BadRequest` that says `where`."""
    import yaml

    from pilothouse.api.yamltext import LOADER, UnsafeYaml, check_yaml

    try:
        check_yaml(text)
        documents = [document for document in yaml.load_all(text, Loader=LOADER) if document is not None]
    except UnsafeYaml as error:
        raise BadRequest(f"{where} is refused: {error}") from error
    except yaml.YAMLError as error:
        raise BadRequest(f"{where} is not YAML: {' '.join(str(error).split())}") from error
    found: list[dict[str, Any]] = []
    for number, document in enumerate(documents, 1):
        if not isinstance(document, dict):
            raise BadRequest(f"document {number} of {where} is no object")
        found += document.get("items") or [] if document.get("kind") == "List" else [document]
    return found
