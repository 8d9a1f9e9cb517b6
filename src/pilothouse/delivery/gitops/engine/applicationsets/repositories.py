"""The `git` generator: one set of parameters for each directory, or for each object in files, of a repository."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.engine.applicationsets import asks
from pilothouse.delivery.gitops.engine.applicationsets.asks import Asking, Params
from pilothouse.delivery.gitops.engine.applicationsets.documents import read_document
from pilothouse.delivery.gitops.engine.applicationsets.naming import sanitize_name
from pilothouse.delivery.gitops.engine.applicationsets.parameters import flat
from pilothouse.delivery.gitops.engine.applicationsets.templating import Templates
from pilothouse.delivery.gitops.errors import GeneratorFailed


def git(spec: Tree, templates: Templates, project: str) -> Asking:
    """Return the parameters of directories or files; raises `GeneratorFailed`."""
    try:
        if spec.get("directories"):
            return (yield from _directories(spec, templates, project))
        if spec.get("files"):
            return (yield from _files(spec, templates, project))
    except GeneratorFailed as error:
        raise GeneratorFailed(f"error generating params from git: {error.message}", fix=error.fix) from None
    raise GeneratorFailed("the git generator has neither directories nor files", fix="set git.directories or git.files")


def _project(project: str) -> str:
    """Return the project whose credentials count: none while its name is still a template."""
    return "" if "{{" in project else project


def _directories(spec: Tree, templates: Templates, project: str) -> Asking:
    try:
        paths = yield asks.Directories(str(spec.get("repoURL", "")), str(spec.get("revision", "")), _project(project))
    except GeneratorFailed as error:
        raise GeneratorFailed(f"error getting directories from repo: {error.message}", fix=error.fix) from None
    items = [(str(item.get("path", "")), bool(item.get("exclude"))) for item in spec["directories"]]
    found: list[Params] = []
    for path in paths:
        matched = [is_excluded for pattern, is_excluded in items if path_matches(pattern, path)]
        if matched and not any(matched):
            params = _with_path({}, path, "", str(spec.get("pathParamPrefix") or ""), templates)
            found.append(templates.with_values(spec.get("values"), params))
    return found


def _files(spec: Tree, templates: Templates, project: str) -> Asking:
    url, revision = str(spec.get("repoURL", "")), str(spec.get("revision", ""))
    contents: dict[str, str] = {}
    for is_excluded in (False, True):
        for item in spec["files"]:
            if bool(item.get("exclude")) is not is_excluded:
                continue
            matched: Mapping[str, str] = yield asks.Files(url, revision, _project(project), str(item.get("path", "")))
            contents = {p: t for p, t in contents.items() if p not in matched} if is_excluded else {**contents, **matched}
    found: list[Params] = []
    for path in sorted(contents):
        try:
            found += file_params(path, contents[path], spec, templates)
        except GeneratorFailed as error:
            raise GeneratorFailed(f"unable to process file '{path}' from repository '{url}': {error.message}") from None
    return found


def file_params(path: str, text: str, spec: Tree, templates: Templates) -> list[Params]:
    """Return the parameters of each object in a file."""
    found: list[Params] = []
    for one in _objects(text):
        params: Params = dict(one) if templates.is_go else flat(one)
        prefix = str(spec.get("pathParamPrefix") or "")
        params = _with_path(params, posixpath.dirname(path) or ".", posixpath.basename(path), prefix, templates)
        found.append(templates.with_values(spec.get("values"), params))
    return found


def _objects(text: str) -> list[Mapping[str, Any]]:
    document = read_document(text)
    if document is None:
        return [{}]
    if isinstance(document, Mapping):
        return [document]
    if isinstance(document, list) and all(isinstance(one, Mapping) for one in document):
        return document
    kind = {bool: "bool", int: "number", float: "number", list: "array"}.get(type(document), "string")
    wanted = "map[string]interface {}" if isinstance(document, list) else "[]map[string]interface {}"
    text = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal"
    raise GeneratorFailed(f"unable to parse file: {text} {kind} into Go value of type {wanted}")


def _with_path(params: Params, path: str, file: str, prefix: str, templates: Templates) -> Params:
    base = posixpath.basename(path.rstrip("/")) or path
    facts: dict[str, Any] = {"basename": base, "basenameNormalized": sanitize_name(base)}
    if file:
        facts |= {"filename": file, "filenameNormalized": sanitize_name(file)}
    segments = path.split("/")
    if templates.is_go:
        whole = {"path": path, **facts, "segments": segments}
        return {**params, **({prefix: {"path": whole}} if prefix else {"path": whole})}
    name = f"{prefix}.path" if prefix else "path"
    numbered = {f"{name}[{number}]": segment for number, segment in enumerate(segments) if segment}
    return {**params, name: path, **{f"{name}.{key}": value for key, value in facts.items()}, **numbered}


def path_matches(pattern: str, path: str) -> bool:
    """Whether a path fits a pattern of Go's `path.Match`: a star stays within one directory."""
    wanted, parts = pattern.split("/"), path.split("/")
    return len(wanted) == len(parts) and all(map(_segment_matches, wanted, parts))


def _segment_matches(pattern: str, segment: str) -> bool:
    return fnmatch.fnmatchcase(segment, pattern.replace("[^", "[!"))


@lru_cache(maxsize=256)
def _glob(pattern: str) -> re.Pattern[str]:
    """Return the pattern of a glob in which `**` crosses directories and braces hold alternatives."""
    out, at = "", 0
    while at < len(pattern):
        if pattern.startswith("**/", at):
            out, at = out + "(?:.*/)?", at + 3
        elif pattern.startswith("**", at):
            out, at = out + ".*", at + 2
        else:
            char = pattern[at]
            out += {"*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")", ",": "|"}.get(char, re.escape(char))
            at += 1
    return re.compile(out)


def glob_matches(pattern: str, path: str) -> bool:
    """Whether a path fits a glob of the `files` of a generator."""
    try:
        return _glob(pattern).fullmatch(path) is not None
    except re.error:
        return False


def pathspec_matches(pattern: str, path: str) -> bool:
    """Whether a path fits a pattern as `git ls-files` takes it: stars cross directories, a directory holds all below it."""
    patterns = {pattern, pattern.replace("/**/", "/")}
    return any(fnmatch.fnmatchcase(path, one) for one in patterns) or path.startswith(pattern.rstrip("/") + "/")
