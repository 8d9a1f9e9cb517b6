"""Read kustomization files: which fields there are, which are carried out here, and where what they name is."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import yaml

from pilothouse.api.meta import Tree
from pilothouse.api.yamltext import ManifestLoader, UnsafeYaml, check_yaml
from pilothouse.delivery.gitops.engine.kustomize.errors import KustomizationInvalid, KustomizationNotSupported
from pilothouse.delivery.gitops.engine.sources.files import Files, join_path

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_LISTS = (
    "resources", "bases", "components", "patches", "patchesStrategicMerge", "patchesJson6902", "configMapGenerator",
    "secretGenerator", "images", "replicas", "labels", "replacements", "vars", "crds", "helmCharts", "buildMetadata",
    "generators", "transformers", "validators", "configurations",
)  # fmt: skip
_MAPS = ("commonLabels", "commonAnnotations", "generatorOptions", "sortOptions", "metadata", "helmGlobals", "openapi")
_TEXTS = ("namespace", "namePrefix", "nameSuffix", "apiVersion", "kind")
_NOT_OURS = (
    "generators",
    "transformers",
    "validators",
    "configurations",
    "openapi",
    "buildMetadata",
    "helmChartInflationGenerator",
)
_SSH = re.compile(r"^(?:git@|[\w.-]+@)[^/:]+:")


def documents(data: bytes, where: str) -> list[Any]:
    """Return the documents of a file; raises `KustomizationInvalid`."""
    try:
        text = data.decode()
        check_yaml(text)
        return [each for each in yaml.load_all(text, Loader=ManifestLoader) if each is not None]
    except (UnsafeYaml, yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise KustomizationInvalid(f"{where} is not YAML: {' '.join(str(error).split())[:300]}") from None


def objects(data: bytes, where: str) -> list[Tree]:
    """Return the objects of a file, lists taken apart; raises `KustomizationInvalid`."""
    found: list[Tree] = []
    for document in documents(data, where):
        if not isinstance(document, dict):
            raise KustomizationInvalid(f"{where} holds a document that is no object")
        if str(document.get("kind") or "").endswith("List") and isinstance(document.get("items"), list):
            found += [item for item in document["items"] if isinstance(item, dict)]
        else:
            found.append(document)
    for tree in found:
        meta = tree.get("metadata")
        if not tree.get("kind") or not tree.get("apiVersion"):
            raise KustomizationInvalid(f"{where} holds an object without apiVersion or kind")
        if not isinstance(meta, dict) or not meta.get("name"):
            raise KustomizationInvalid(f"{where}: {tree['kind']} has no metadata.name")
    return found


def read_kustomization(files: Files, folder: str) -> dict[str, Any]:
    """Return the kustomization of a folder; raises `KustomizationInvalid` or `KustomizationNotSupported`."""
    names = files.entries(folder) or {}
    present = [name for name in NAMES if names.get(name) is False]
    if len(present) != 1:
        problem = "several kustomization files are" if present else "no kustomization.yaml, kustomization.yml or Kustomization is"
        raise KustomizationInvalid(f"{problem} in {folder or '.'}")
    where = f"{folder}/{present[0]}".lstrip("/")
    found = documents(files.read(where) or b"", where)
    if len(found) != 1 or not isinstance(found[0], dict):
        raise KustomizationInvalid(f"{where} is no map")
    return checked(found[0], where)


def checked(tree: dict[str, Any], where: str) -> dict[str, Any]:
    """Return a kustomization whose fields have their shapes; raises `KustomizationInvalid` or `KustomizationNotSupported`."""
    for key, value in tree.items():
        if key in _LISTS and value is not None and not isinstance(value, list):
            raise KustomizationInvalid(f"{where}: {key} is no list")
        if key in _MAPS and value is not None and not isinstance(value, dict):
            raise KustomizationInvalid(f"{where}: {key} is no map")
        if key in _TEXTS and value is not None and not isinstance(value, str):
            raise KustomizationInvalid(f"{where}: {key} is no text", fix="quote it")
        if key in _NOT_OURS and value:
            raise KustomizationNotSupported(f"{where}: {key} is not supported", fix="install kubectl, which renders it")
        if key not in (*_LISTS, *_MAPS, *_TEXTS, *_NOT_OURS):
            raise KustomizationInvalid(f"{where}: unknown field {key!r}")
    return {key: value for key, value in tree.items() if value not in (None, [], {}, "")}


def texts(pairs: Any) -> dict[str, str]:
    """Return labels or annotations; raises `KustomizationInvalid` for values that are no texts, such as an unquoted yes."""
    if not isinstance(pairs, dict) or not all(isinstance(value, str) or value is None for value in pairs.values()):
        raise KustomizationInvalid("the values of labels and annotations are texts", fix="quote them")
    return {str(key): value or "" for key, value in pairs.items()}


class Remote(msgspec.Struct, frozen=True):
    """A base in another repository."""

    url: str
    path: str
    ref: str


def read_remote(text: str) -> Remote | None:
    """Return the repository a resource names, None when it is a path here; raises `KustomizationNotSupported` for web files."""
    base, _, query = text.partition("?")
    is_host = base.split("/", 1)[0] in ("github.com", "gitlab.com", "bitbucket.org")
    if "://" not in base and not _SSH.match(base) and not is_host and "//" not in base:
        return None
    options = dict(part.partition("=")[::2] for part in query.split("&"))
    if base.startswith(("http://", "https://")) and base.endswith((".yaml", ".yml", ".json")):
        raise KustomizationNotSupported(f"resource {text} is a file of a web server", fix="put it into a Git repository")
    url, path = _split(base)
    return Remote(
        f"https://{url}" if is_host else url.removeprefix("git::"), path, options.get("ref") or options.get("version") or "HEAD"
    )


def _split(base: str) -> tuple[str, str]:
    start = base.find("://") + 3 if "://" in base else 0
    double = base.find("//", start)
    if double >= 0:
        return base[:double], base[double + 2 :]
    cut = base.find(".git/", start)
    if cut >= 0:
        return base[: cut + 4], base[cut + 5 :]
    if _SSH.match(base):
        return base, ""
    parts = base[start:].split("/")
    return base[:start] + "/".join(parts[:3]), "/".join(parts[3:])


def located(folder: str, path: str, *, may_leave: bool = False) -> str:
    """Return where a path of a kustomization is; raises `KustomizationInvalid` for files outside of its folder."""
    found = join_path(folder, path)
    if not may_leave and folder and found != folder and not found.startswith(f"{folder}/"):
        raise KustomizationInvalid(f"file {path!r} is not in or below {folder}", fix="keep files below their kustomization")
    return found
