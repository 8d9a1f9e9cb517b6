"""Customizations from ConfigMap argocd-cm: the one key `resource.customizations`, and a key for each kind.

    resource.customizations: |                                   all kinds in one YAML text, wildcards with *
      cert-manager.io/Certificate: {health.lua: ..., actions: ..., ignoreDifferences: ..., useOpenLibs: true}
    resource.customizations.health.<group>_<kind>: <script>      and .actions. .ignoreDifferences. .useOpenLibs.

A key for a kind wins over the same part in the one text. What cannot be read is told and left out; the rest counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import yaml

from pilothouse.delivery.gitops.adapters.lua.scripts import Action, Customization, Scripts

KEY = "resource.customizations"
_PARTS = ("health", "actions", "ignoreDifferences", "useOpenLibs")


def read_customizations(data: Mapping[str, Any]) -> Scripts:
    """Return the customizations in the data of argocd-cm."""
    problems: list[str] = []
    entries: dict[str, Customization] = {}
    for name, parts in _yaml_map(data.get(KEY), KEY, problems).items():
        if isinstance(parts, Mapping):
            entries[str(name)] = _entry(parts, f"{KEY}: {name}", problems)
        else:
            problems.append(f"{KEY}: {name} is not a map")
    for key, value in sorted(data.items()):
        for part in _PARTS:
            prefix = f"{KEY}.{part}."
            if key.startswith(prefix) and isinstance(value, str):
                name = key.removeprefix(prefix)
                _add(entries, name.replace("_", "/", 1).replace("_", "*"), part, value, key, problems)
    return Scripts(entries, tuple(problems))


def _add(entries: dict[str, Customization], name: str, part: str, value: str, key: str, problems: list[str]) -> None:
    """Add one part of one kind."""
    before = entries.get(name, Customization())
    if part == "health":
        entries[name] = msgspec.structs.replace(before, health=value)
    elif part == "useOpenLibs":
        entries[name] = msgspec.structs.replace(before, open_libs=value.strip().lower() == "true")
    elif part == "ignoreDifferences":
        entries[name] = msgspec.structs.replace(before, ignore_differences=_yaml_map(value, key, problems))
    else:
        discovery, actions, is_merged = _actions(value, key, problems)
        entries[name] = msgspec.structs.replace(before, discovery=discovery, actions=actions, is_merged=is_merged)


def _entry(parts: Mapping[str, Any], where: str, problems: list[str]) -> Customization:
    discovery, actions, is_merged = _actions(parts.get("actions"), f"{where}: actions", problems)
    ignored = parts.get("ignoreDifferences")
    return Customization(
        health=_script(parts.get("health.lua")),
        discovery=discovery,
        actions=actions,
        is_merged=is_merged,
        open_libs=parts.get("useOpenLibs") is True or str(parts.get("health.lua.useOpenLibs")).lower() == "true",
        ignore_differences=_yaml_map(ignored, f"{where}: ignoreDifferences", problems) if ignored is not None else None,
    )


def _actions(value: Any, where: str, problems: list[str]) -> tuple[str, tuple[Action, ...], bool]:
    """Return the discovery script, the actions, and whether the built-in ones stay."""
    tree = _yaml_map(value, where, problems)
    definitions = tree.get("definitions")
    actions = tuple(
        Action(str(each.get("name")), _script(each.get("action.lua")))
        for each in (definitions if isinstance(definitions, list) else ())
        if isinstance(each, Mapping) and each.get("name")
    )
    return _script(tree.get("discovery.lua")), actions, tree.get("mergeBuiltinActions") is True


def _script(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _yaml_map(value: Any, where: str, problems: list[str]) -> Mapping[str, Any]:
    """Read a YAML text that holds a map; one that stands there already read is taken as it is."""
    if isinstance(value, Mapping) or value in (None, ""):
        return value or {}
    try:
        tree = yaml.safe_load(value) if isinstance(value, str) else value
    except yaml.YAMLError as error:
        problems.append(f"{where} is not YAML: {str(error).splitlines()[0]}")
        return {}
    if tree is None or isinstance(tree, Mapping):
        return tree or {}
    problems.append(f"{where} is not a map")
    return {}
