"""The snapshots of a suite: texts by test and number, in the file format of helm-unittest."""

from __future__ import annotations

from typing import Any

from pilothouse.delivery.charts.engine.suites.documents import read_exact
from pilothouse.delivery.charts.engine.suites.records import SnapshotCount
from pilothouse.delivery.charts.engine.yaml.order import sorted_keys
from pilothouse.delivery.charts.engine.yaml.reader import YamlError
from pilothouse.delivery.charts.engine.yaml.writer import Writer

Texts = dict[str, dict[int, str]]


class SnapshotsInvalid(ValueError):
    """A snapshot file cannot be read."""


def yaml_of(value: Any) -> str:
    """Return a value as snapshots and messages show it."""
    return Writer(pretty=True).document(_trimmed(value))


def _trimmed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _trimmed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_trimmed(inner) for inner in value]
    return value.lstrip("\n") if isinstance(value, str) else value


def read_snapshots(text: str, file: str) -> Texts:
    """Return the snapshots of a file; raises SnapshotsInvalid."""
    try:
        value = read_exact(text)
        found = {str(test): {int(n): str(content) for n, content in texts.items()} for test, texts in (value or {}).items()}
    except (YamlError, ValueError, AttributeError) as error:
        raise SnapshotsInvalid(f"{file} is not a file of snapshots: {error}") from None
    return found


def write_snapshots(texts: Texts) -> str:
    """Return the file of snapshots."""
    writer = Writer(pretty=True)
    out: list[str] = []
    for test in sorted_keys(texts):
        out.append(f"{writer.string(test, 0, 2, key=True)}:\n")
        for number in sorted(texts[test]):
            out.append(f"  {number}: {writer.string(texts[test][number], 5, 4)}\n")
    return "".join(out)


class Snapshots:
    """The snapshots of one suite while it runs: `kept` are those of the file, `current` those of this run."""

    def __init__(self, kept: Texts, *, update: bool) -> None:
        """Compare with what was kept; with `update`, what is new replaces it."""
        self.kept, self.update = kept, update
        self.current: Texts = {}
        self.total = self.changed = self.created = 0

    def compare(self, test: str, content: Any, *, only_matches: bool = False) -> tuple[bool, str, str, int]:
        """Note a content; returns whether it is as kept, the kept and the new text, and its number.

        With `only_matches` a difference does not count, because the assertion is about patterns in the text.
        """
        number = len(self.current.setdefault(test, {})) + 1
        new = yaml_of(content)
        old = self.kept.get(test, {}).get(number)
        self.total += 1
        self.created += old is None
        is_same = old is None or old == new or only_matches
        self.changed += not is_same
        self.current[test][number] = new if self.update or old is None else old
        return is_same or self.update, old or "", new, number

    @property
    def vanished(self) -> int:
        """How many kept snapshots no test asks for any more."""
        return sum(number not in self.current.get(test, {}) for test, texts in self.kept.items() for number in texts)

    def count(self) -> SnapshotCount:
        """Return the numbers for the report."""
        return SnapshotCount(self.total, 0 if self.update else self.changed, self.created, self.vanished)

    def file(self) -> str | None:
        """Return the new text of the file, None when nothing is to be written."""
        if self.created or self.vanished or (self.update and self.changed):
            return write_snapshots(self.current)
        return None
