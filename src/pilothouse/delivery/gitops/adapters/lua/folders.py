"""Scripts from a folder laid out as Argo CD's `resource_customizations`.

`<group>/<Kind>/health.lua`, `<group>/<Kind>/actions/discovery.lua`, `<group>/<Kind>/actions/<name>/action.lua`; kinds of the core
group stand at the top. In names of folders `_` stands for any text.
"""

from __future__ import annotations

from pathlib import Path

from pilothouse.delivery.gitops.adapters.lua.scripts import Action, Customization, Scripts
from pilothouse.kit.errors import Invalid

MAX_SCRIPT_BYTES = 2**20


def read_folder(folder: Path) -> Scripts:
    """Return all scripts below a folder; raises `Invalid` when there is no such folder."""
    if not folder.is_dir():
        raise Invalid(f"{folder} is not a folder", fix="name a folder with <group>/<Kind>/health.lua in it")
    entries: dict[str, Customization] = {}
    for place in sorted({path.parent for path in folder.glob("**/health.lua")} | _with_actions(folder)):
        name = "/".join(place.relative_to(folder).parts).replace("_", "*")
        if name:
            entries[name] = _read(place)
    return Scripts(entries)


def _with_actions(folder: Path) -> set[Path]:
    return {path.parent.parent for path in folder.glob("**/actions/discovery.lua")}


def _read(place: Path) -> Customization:
    actions = tuple(Action(path.parent.name, _text(path)) for path in sorted(place.glob("actions/*/action.lua")))
    return Customization(
        health=_text(place / "health.lua"), discovery=_text(place / "actions" / "discovery.lua"), actions=actions, open_libs=True
    )


def _text(path: Path) -> str:
    if not path.is_file():
        return ""
    if path.stat().st_size > MAX_SCRIPT_BYTES:
        raise Invalid(f"{path} is larger than {MAX_SCRIPT_BYTES} bytes")
    return path.read_text(encoding="utf-8", errors="replace")
