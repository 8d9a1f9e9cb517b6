"""The rules of .helmignore: which files of a chart folder are not part of the chart."""

from __future__ import annotations

import re

from pilothouse.delivery.charts.errors import ChartInvalid


class Rules:
    """A parsed .helmignore; `templates/.?*` is always ignored."""

    def __init__(self, text: str = "") -> None:
        self.rules: list[tuple[re.Pattern[str], bool, bool, bool]] = []
        for line in [*text.splitlines(), "templates/.?*"]:
            self._add(line.strip())

    def _add(self, line: str) -> None:
        if not line or line.startswith("#"):
            return
        if "**" in line:
            raise ChartInvalid("double-star (**) syntax is not supported")
        if line.count("[") > line.count("]") or line.endswith("\\"):
            raise ChartInvalid("syntax error in pattern")
        negate = line.startswith("!")
        line = line.removeprefix("!")
        only_folders = line.endswith("/")
        line = line.rstrip("/")
        anchored = "/" in line
        pattern = re.escape(line.removeprefix("/")).replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
        pattern = re.sub(r"\\\[(.*?)\\\]", lambda m: "[" + m.group(1).replace("\\", "") + "]", pattern)
        self.rules.append((re.compile(pattern), negate, only_folders, anchored))

    def ignores(self, path: str, is_folder: bool) -> bool:
        """Say whether a path relative to the chart is left out."""
        name = path.rsplit("/", 1)[-1]
        for pattern, negate, only_folders, anchored in self.rules:
            matched = bool(pattern.fullmatch(path if anchored else name))
            if negate:
                if only_folders and not is_folder:
                    return True
                if not matched:
                    return True
                continue
            if only_folders and not is_folder:
                continue
            if matched:
                return True
        return False
