"""Read suite files; what is wrong with one is said with its line, and nothing in it is passed over silently."""

from __future__ import annotations

from typing import Any

from pilothouse.delivery.charts.engine.diagnosis.suggest import nearest
from pilothouse.delivery.charts.engine.functions.semver import parse_version
from pilothouse.delivery.charts.engine.suites.asserting import KINDS
from pilothouse.delivery.charts.engine.suites.documents import read_exact, split_parts
from pilothouse.delivery.charts.engine.suites.records import Assertion, Case, Selector, Situation, Suite
from pilothouse.delivery.charts.engine.yaml.reader import YamlError

COMPATIBLE = "1.1.0"
"""The version of helm-unittest whose suites are understood, for `minimumVersion`."""
_SHARED = ("values", "set", "release", "capabilities", "chart", "kubernetesProvider", "postRenderer", "skip")
_SUITE = frozenset((*_SHARED, "suite", "templates", "excludeTemplates", "includeCrds", "tests", "snapshotId"))
_CASE = frozenset((*_SHARED, "it", "template", "templates", "documentIndex", "documentSelector", "asserts"))
_OPTIONS = frozenset(("template", "documentIndex", "documentSelector", "not"))


class SuiteInvalid(ValueError):
    """A suite file cannot be understood; the message says what and where."""


def read_suites(text: str, file: str, route: str, *, strict: bool = False) -> list[Suite]:
    """Return the suites of a file; raises SuiteInvalid."""
    out: list[Suite] = []
    for part in split_parts(text):
        try:
            value = read_exact(part)
        except YamlError as error:
            raise SuiteInvalid(f"{file}: {error}") from None
        if value is None:
            continue
        reader = _Reader(file, strict)
        out.append(reader.suite(reader.mapping(value, "a suite", value), route))
    return out


class _Reader:
    def __init__(self, file: str, strict: bool) -> None:
        self.file, self.strict = file, strict

    def fail(self, message: str, near: Any = None) -> SuiteInvalid:
        line = getattr(near, "line", 0)
        return SuiteInvalid(f"{self.file}:{line}: {message}" if line else f"{self.file}: {message}")

    def mapping(self, value: Any, what: str, near: Any) -> dict[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.fail(f"{what} must be a mapping", near)
        return value

    def items(self, value: Any, what: str, near: Any) -> list[Any]:
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.fail(f"{what} must be a list", near)
        return value

    def texts(self, value: Any, what: str, near: Any) -> tuple[str, ...]:
        found = self.items(value, what, near)
        if not all(isinstance(one, str) for one in found):
            raise self.fail(f"{what} must be a list of texts", near)
        return tuple(found)

    def text(self, value: Any, what: str, near: Any) -> str:
        if isinstance(value, (dict, list)):
            raise self.fail(f"{what} must be a text", near)
        return "" if value is None else str(value)

    def known(self, value: dict[str, Any], known: frozenset[str], what: str) -> None:
        if value.get("postRenderer"):
            raise self.fail("postRenderer is not supported: suites start no programs", value)
        for key in value if self.strict else ():
            if key not in known:
                better = nearest(key, known)
                raise self.fail(f"{what} has no field {key!r}" + (f"; did you mean {better!r}?" if better else ""), value)

    def suite(self, value: dict[str, Any], route: str) -> Suite:
        self.known(value, _SUITE, "a suite")
        tests = self.items(value.get("tests"), "tests", value)
        if not tests:
            raise self.fail("no tests found", value)
        cases = tuple(self.case(self.mapping(test, "a test", value)) for test in tests)
        return Suite(
            name=self.text(value.get("suite"), "suite", value), file=self.file, route=route,
            values=self.texts(value.get("values"), "values", value), set=self.mapping(value.get("set"), "set", value),
            templates=self.texts(value.get("templates"), "templates", value),
            excluded=self.texts(value.get("excludeTemplates"), "excludeTemplates", value),
            include_crds=value.get("includeCrds") is True, situation=self.situation(value), cases=cases,
            skip=self.skip(value), snapshot_id=self.text(value.get("snapshotId"), "snapshotId", value),
        )  # fmt: skip

    def case(self, value: dict[str, Any]) -> Case:
        self.known(value, _CASE, "a test")
        asserts = self.items(value.get("asserts"), "asserts", value)
        if not asserts:
            raise self.fail(f"no asserts found in test {value.get('it')!r}", value)
        template = self.text(value.get("template"), "template", value)
        return Case(
            name=self.text(value.get("it"), "it", value), values=self.texts(value.get("values"), "values", value),
            set=self.mapping(value.get("set"), "set", value),
            templates=self.texts(value.get("templates"), "templates", value) or ((template,) if template else ()),
            index=self.index(value), selector=self.selector(value), situation=self.situation(value),
            asserts=tuple(self.assertion(self.mapping(one, "an assertion", value)) for one in asserts),
            skip=self.skip(value), line=getattr(value, "line", 0),
        )  # fmt: skip

    def assertion(self, value: dict[str, Any]) -> Assertion:
        kinds = [key for key in value if key not in _OPTIONS]
        if not kinds:
            raise self.fail("no assertion type defined", value)
        if len(kinds) > 1:
            raise self.fail(f"an assertion has one type, not {' and '.join(map(repr, kinds))}", value)
        kind = kinds[0]
        if kind not in KINDS:
            better = nearest(kind, KINDS)
            advice = f"; did you mean {better!r}?" if better else ""
            raise self.fail(f"assertion type {kind!r} is not known{advice}", value)
        params = {key.lower(): inner for key, inner in self.mapping(value[kind], kind, value).items()}
        for key in KINDS[kind].needs:
            if key not in params:
                raise self.fail(f"assertion {kind!r} needs {key!r}", value)
        return Assertion(
            kind=kind, params=params, is_not=value.get("not") is True, index=self.index(value), selector=self.selector(value),
            template=self.text(value.get("template"), "template", value), line=getattr(value, "line", 0),
        )  # fmt: skip

    def index(self, value: dict[str, Any]) -> int | None:
        index = value.get("documentIndex")
        if index is not None and (not isinstance(index, int) or isinstance(index, bool)):
            raise self.fail("documentIndex must be a whole number", value)
        return index

    def selector(self, value: dict[str, Any]) -> Selector | None:
        given = self.mapping(value.get("documentSelector"), "documentSelector", value)
        if not given:
            return None
        path = given.get("path")
        if not isinstance(path, str) or not path:
            raise self.fail("empty 'documentSelector.path' not supported", given)
        return Selector(path, given.get("value"), given.get("matchMany") is True, given.get("skipEmptyTemplates") is True)

    def situation(self, value: dict[str, Any]) -> Situation:
        provider = self.mapping(value.get("kubernetesProvider"), "kubernetesProvider", value)
        objects = self.items(provider.get("objects"), "kubernetesProvider.objects", value)
        capabilities = self.mapping(value.get("capabilities"), "capabilities", value)
        if capabilities.get("apiVersions") is not None:
            self.texts(capabilities["apiVersions"], "capabilities.apiVersions", value)
        return Situation(
            release=self.mapping(value.get("release"), "release", value), capabilities=capabilities,
            chart=self.mapping(value.get("chart"), "chart", value),
            objects=tuple(self.mapping(one, "an object", value) for one in objects),
        )  # fmt: skip

    def skip(self, value: dict[str, Any]) -> str:
        given = self.mapping(value.get("skip"), "skip", value)
        wanted = self.text(given.get("minimumVersion"), "skip.minimumVersion", value)
        if wanted and _parts(wanted) > _parts(COMPATIBLE):
            return f"the suite wants version {wanted} of helm-unittest, what is here is like {COMPATIBLE}"
        return self.text(given.get("reason"), "skip.reason", value)


def _parts(version: str) -> tuple[int, ...]:
    parsed = parse_version(version)
    return parsed.numbers
