"""Comparison of answers with recordings that hold placeholders."""

from __future__ import annotations

import re
from typing import Any

NUMBERED = re.compile(r"\$(?:uid|rv|name|continue|clusterIP|nodePort|timeMicro)\d+")
ANY = re.compile(
    r"\$(?:uid|rv|name|continue|clusterIP|nodePort|timeMicro)\d+|\$(?:rvCurrent|timeMicro|time|age|rand|jwt|uid|etag|hash"
    r"|serverAddress|serverIP|server|gitVersion|gitCommit|goVersion|ca\.crt|ca|namespace|token|certificate|diff|tmp|now(?:[+-]\d+)?)(?![A-Za-z])"
)
UNORDERED_NAMES = {
    "conflict-with-three-managers", "many-update-managers-capped", "crd-preserve-unknown", "validate-format-others",
    "self-subject-access-review", "self-subject-rules-review", "deprecation-and-strategy-warnings",
}  # fmt: skip
_SAFE = "[bcdfghjklmnpqrstvwxz2456789]"
_TEMPLATE_HASH = re.compile(rf"(?:(?<=-)|(?<==)|^){_SAFE}{{7,10}}(?=[^a-z0-9]|$)")
_EVENT_SUFFIX = re.compile(r"(?<=\.)[0-9a-f]{16}$")
_POD_SUFFIX = re.compile(rf"(?<=-hash-){_SAFE}{{5}}(?=[^a-z0-9]|$)")
_HUNK = re.compile(r"@@ -\d+,(\d+) \+\d+,(\d+) @@")
"""Where a difference starts depends on lines before it, among which are additions of the recorded distribution."""
_IGNORED = frozenset(("token$decoded",))


class Differs(AssertionError):
    """An answer is not what was recorded."""


class Comparison:
    """Compares values and remembers what placeholders stood for."""

    def __init__(self, *, managed_fields: bool, unordered: bool, lenient: bool = False) -> None:
        self.bound: dict[str, str] = {}
        self.lenient = lenient
        self.hashes = False
        """Whether hashes of templates may differ: they are the server's own."""
        self.known_hashes: dict[str, str] = {}
        self.managed_fields, self.unordered = managed_fields, unordered

    def substitute(self, value: Any) -> Any:
        if isinstance(value, str):
            if NUMBERED.fullmatch(value) and value.startswith("$nodePort") and value in self.bound:
                return int(self.bound[value])
            value = value.replace("$timeMicro", "2026-01-01T00:00:00.000000Z").replace("$time", "2026-01-01T00:00:00Z")
            value = value.replace("$jwt", self.bound.get("$jwt", "$jwt"))
            if self.known_hashes:
                value = _TEMPLATE_HASH.sub(lambda match: self.known_hashes.get(match[0], match[0]), value)
            return NUMBERED.sub(lambda match: self.bound.get(match[0], match[0]), value)
        if isinstance(value, list):
            return [self.substitute(item) for item in value]
        if isinstance(value, dict):
            return {self.substitute(key): self.substitute(item) for key, item in value.items()}
        return value

    def check(self, expected: Any, actual: Any, path: str = "", *, partial: bool = False) -> None:
        if isinstance(expected, dict):
            self._dicts(expected, actual, path, partial=partial)
        elif isinstance(expected, list):
            self._lists(expected, actual, path, partial=partial)
        elif isinstance(expected, str):
            self._texts(expected, actual, path)
        elif expected != actual or isinstance(expected, bool) != isinstance(actual, bool):
            raise Differs(f"{path or '.'}: expected {expected!r}, got {actual!r}")

    def _dicts(self, expected: dict[str, Any], actual: Any, path: str, *, partial: bool) -> None:
        if not isinstance(actual, dict):
            raise Differs(f"{path or '.'}: expected an object, got {str(actual)[:300]!r}")
        keeps = "managedFields" in expected or (self.managed_fields and not self.lenient)
        skip = set(_IGNORED) if keeps else {*_IGNORED, "managedFields"}
        wanted = {self._key(key, actual): value for key, value in expected.items() if key not in skip}
        given = {key: value for key, value in actual.items() if key not in skip}
        missing = [key for key in wanted if key not in given]
        extra = [] if partial else [key for key in given if key not in wanted]
        if missing or extra:
            shown = {key: given[key] for key in extra}
            raise Differs(
                f"{path or '.'}: missing {missing} ({str({k: wanted[k] for k in missing})[:300]}), extra {str(shown)[:300]}"
            )
        order = sorted(wanted, key=lambda key: key != "metadata")
        for key in order:
            self.check(wanted[key], given[key], f"{path}.{key}", partial=partial)

    def _key(self, key: str, actual: dict[str, Any]) -> str:
        if "$" not in key or key in actual:
            return key
        pattern = self._pattern(key)
        return next((found for found in actual if pattern.fullmatch(found)), key)

    def _lists(self, expected: list[Any], actual: Any, path: str, *, partial: bool) -> None:
        if not isinstance(actual, list):
            raise Differs(f"{path}: expected a list, got {str(actual)[:300]!r}")
        if len(expected) != len(actual):
            raise Differs(
                f"{path}: expected {len(expected)} items, got {len(actual)}: {str(expected)[:400]} / {str(actual)[:400]}"
            )
        if self.unordered or path.endswith("managedFields"):
            expected, actual = sorted(expected, key=_shape), sorted(actual, key=_shape)
        elif self.hashes and path.endswith("rows"):  # sorted by names that hold a hash
            expected, actual = sorted(expected, key=self._row), sorted(actual, key=self._row)
        for index, (wanted, given) in enumerate(zip(expected, actual, strict=True)):
            self.check(wanted, given, f"{path}[{index}]", partial=partial)

    def _pattern(self, expected: str) -> re.Pattern[str]:
        out, at = "", 0
        seen: set[str] = set()
        for match in ANY.finditer(expected):
            out += re.escape(expected[at : match.start()])
            name = match[0]
            if NUMBERED.fullmatch(name):
                if name in self.bound:
                    out += re.escape(self.bound[name])
                elif name in seen:
                    out += f"(?P={_group(name)})"
                else:
                    seen.add(name)
                    out += f"(?P<{_group(name)}>.+?)"
            else:
                out += "(?:.*?)" if name != "$time" else r"(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)"
            at = match.end()
        return re.compile(out + re.escape(expected[at:]), re.DOTALL)

    def _plain(self, text: str) -> str:
        """Return a text without what is the recorded server's own."""
        text = _HUNK.sub(r"@@ ,\1 ,\2 @@", text)
        if not self.hashes:
            return text
        return _EVENT_SUFFIX.sub("event", _POD_SUFFIX.sub("pod", _TEMPLATE_HASH.sub("hash", text)))

    def _row(self, row: dict[str, Any]) -> list[str]:
        return [self._plain(str(cell)) for cell in row["cells"] if not str(cell).startswith("$")]

    def _learn_hashes(self, expected: str, actual: str) -> None:
        """Remember what the recorded server's hashes of templates are here: clients select by them."""
        wanted, given = _TEMPLATE_HASH.findall(expected), _TEMPLATE_HASH.findall(actual)
        if self.hashes and len(wanted) == len(given):
            self.known_hashes.update(zip(wanted, given, strict=True))

    def _texts(self, expected: str, actual: Any, path: str) -> None:
        if isinstance(actual, int) and not isinstance(actual, bool) and expected.startswith("$"):
            actual = str(actual)
        if not isinstance(actual, str):
            raise Differs(f"{path}: expected {expected!r}, got {actual!r}")
        if expected == "$jwt":
            self.bound["$jwt"] = actual
        self._learn_hashes(expected, actual)
        expected, actual = self._plain(expected), self._plain(actual)
        if "$" not in expected:
            if expected != actual and not (self.unordered and sorted(expected) == sorted(actual)):
                raise Differs(f"{path}: expected {expected!r}, got {actual!r}")
            return
        if self.hashes and expected.startswith("$rv"):  # controllers write on while somebody looks
            return
        match = self._pattern(expected).fullmatch(actual)
        if match is None:
            raise Differs(f"{path}: expected {self.substitute(expected)!r}, got {actual!r}")
        for name in NUMBERED.findall(expected):
            if name not in self.bound:
                self.bound[name] = match[_group(name)]


def _group(name: str) -> str:
    return "g" + name[1:]


def _shape(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{_shape(value[key])}" for key in sorted(value)) + "}"
    return re.sub(r"\$\w+|\d{4}-[\dT:.-]+Z|[0-9a-f]{8}-[0-9a-f-]{27}", "*", str(value))


_OWN = ("namespace", "uid", "resourceVersion", "creationTimestamp", "managedFields", "selfLink", "continue")


def anonymous(value: Any) -> Any:
    """Drop from a protobuf answer, whose recording holds no placeholders, what differs between two servers, and zero values."""
    if isinstance(value, dict):
        kept = {key: anonymous(item) for key, item in value.items() if key not in _OWN}
        return {key: item for key, item in kept.items() if item not in ("", 0, None, {}, [])}
    return [anonymous(item) for item in value] if isinstance(value, list) else value
