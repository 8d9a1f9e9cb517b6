"""Suites as a whole: every assertion type holds, fails, and is negated; what a suite says is what the chart is rendered with."""

from collections.abc import Callable

import pytest

from pilothouse.delivery.charts import load_chart
from pilothouse.delivery.charts.engine.rendering.cache import RenderCache
from pilothouse.delivery.charts.engine.suites.asserting import KINDS
from pilothouse.delivery.charts.engine.suites.reading import SuiteInvalid, read_suites
from pilothouse.delivery.charts.engine.suites.records import SuiteResult
from pilothouse.delivery.charts.engine.suites.report import Summary, as_json, junit, suite_text
from pilothouse.delivery.charts.engine.suites.running import Settings, run_suite
from pilothouse.delivery.charts.engine.suites.setting import SetInvalid, nested
from pilothouse.delivery.charts.engine.suites.snapshots import Snapshots, Texts, read_snapshots

CHART = {
    "Chart.yaml": b"apiVersion: v2\nname: web\nversion: 1.0.0\nappVersion: '7'\n",
    "values.yaml": b"replicas: 2\nlimit: 0.5\ntls: null\nlabels: {}\nports: [80, 443]\n",
    "templates/_names.tpl": b'{{ define "bad" }}{{ required "a name is wanted" .Values.name }}{{ end }}',
    "templates/deployment.yaml": b"""apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
  labels: {{ toJson .Values.labels }}
  annotations:
    version: "{{ .Chart.Version }}/{{ .Chart.AppVersion }}"
    kube: {{ .Capabilities.KubeVersion.Version }}
    has: "{{ .Capabilities.APIVersions.Has "a/v1" }}"
    upgrade: "{{ .Release.IsUpgrade }}{{ .Release.Revision }}"
    found: "{{ (lookup "v1" "Secret" "ns" "s").kind }}"
spec:
  replicas: {{ .Values.replicas }}
  limit: {{ .Values.limit }}
  tls: {{ toJson .Values.tls }}
  secret: aGVsbG8=
  ports:
  {{- range .Values.ports }}
  - name: p{{ . }}
    number: {{ . }}
  {{- end }}
""",
    "templates/two.yaml": b"kind: A\napiVersion: v1\nmetadata: {name: a}\n---\nkind: B\napiVersion: v1\n"
    b"metadata: {name: b, namespace: n}\n",
    "templates/none.yaml": b"{{ if .Values.never }}a: 1{{ end }}",
    "templates/strict.yaml": b'{{ if .Values.strict }}{{ include "bad" . }}{{ end }}',
    "templates/NOTES.txt": b"Use {{ .Release.Name }}.",
}


def run(text: str, kept: Texts | None = None, *, update: bool = False, read: Callable[[str], bytes] | None = None) -> SuiteResult:
    suite = read_suites(text, "tests/x_test.yaml", "web")[0]
    clock = iter(range(10**6))
    files = read or (lambda path: b"replicas: 9\n")
    snapshots = Snapshots(kept or {}, update=update)
    return run_suite(load_chart(CHART), suite, snapshots, files, RenderCache(), Settings(lambda: next(clock)))


def asserted(assertion: str, head: str = "templates: [deployment.yaml]", test: str = "") -> SuiteResult:
    return run(f"suite: s\n{head}\ntests:\n- it: t\n{test}  asserts:\n  - {assertion}\n")


PAIRS = [
    ("equal: {path: spec.replicas, value: 2}", "equal: {path: spec.replicas, value: 2.0}"),
    ("equal: {path: spec.secret, value: hello, decodeBase64: true}", "equal: {path: spec.replicas, value: '2'}"),
    ("notEqual: {path: spec.replicas, value: 3}", "notEqual: {path: spec.replicas, value: 2}"),
    ("notEqual: {path: spec.missing, value: 3}", "equal: {path: spec.missing, value: null}"),
    ("exists: {path: spec.tls}", "exists: {path: spec.missing}"),
    ("notExists: {path: spec.missing}", "notExists: {path: spec.replicas}"),
    ("isNotNull: {path: spec.replicas}", "isNull: {path: spec.replicas}"),
    ("isNull: {path: spec.missing}", "isNotNull: {path: spec.missing}"),
    ("isNullOrEmpty: {path: spec.tls}", "isNullOrEmpty: {path: spec.replicas}"),
    ("isEmpty: {path: metadata.labels}", "isNotEmpty: {path: metadata.labels}"),
    ("isNotEmpty: {path: spec.replicas}", "isEmpty: {path: spec.ports}"),
    ("isNotNullOrEmpty: {path: spec.ports}", "isNotNullOrEmpty: {path: spec.tls}"),
    ("isKind: {of: Deployment}", "isKind: {of: Pod}"),
    ("isAPIVersion: {of: apps/v1}", "isAPIVersion: {of: v1}"),
    ("isType: {path: spec.limit, type: float64}", "isType: {path: spec.limit, type: int}"),
    ("isNotType: {path: spec.tls, type: string}", "isNotType: {path: spec.ports, type: '[]interface {}'}"),
    ("hasDocuments: {count: 1}", "hasDocuments: {count: 2}"),
    ("contains: {path: spec.ports, content: {name: p80, number: 80}}", "contains: {path: spec.ports, content: {name: p80}}"),
    ("contains: {path: spec.ports, content: {name: p80}, any: true, count: 1}",
     "contains: {path: spec.ports, content: {name: p80}, any: true, count: 2}"),
    ("notContains: {path: spec.ports, content: {name: p80}}",
     "notContains: {path: spec.ports, content: {number: 80}, any: true}"),
    ("isSubset: {path: spec, content: {replicas: 2}}", "isSubset: {path: spec, content: {replicas: 3}}"),
    ("isNotSubset: {path: spec, content: {replicas: 3}}", "isNotSubset: {path: spec.ports, content: {replicas: 3}}"),
    ("lengthEqual: {path: spec.ports, count: 2}", "lengthEqual: {path: spec.ports, count: 1}"),
    ("lengthEqual: {paths: [spec.ports, spec.ports]}", "lengthEqual: {path: spec.ports}"),
    ("notLengthEqual: {path: spec.ports, count: 1}", "notLengthEqual: {path: spec.ports, count: 2}"),
    ("greaterOrEqual: {path: spec.replicas, value: 2}", "greaterOrEqual: {path: spec.replicas, value: 3}"),
    ("notGreaterOrEqual: {path: spec.replicas, value: 3}", "notGreaterOrEqual: {path: spec.replicas, value: 2}"),
    ("lessOrEqual: {path: spec.limit, value: 0.5}", "lessOrEqual: {path: spec.limit, value: 1}"),
    ("notLessOrEqual: {path: spec.limit, value: 0.25}", "notLessOrEqual: {path: spec.limit, value: 0.5}"),
    ("matchRegex: {path: metadata.name, pattern: ^RELEASE}", "matchRegex: {path: spec.replicas, pattern: 2}"),
    ("notMatchRegex: {path: metadata.name, pattern: ^x}", "notMatchRegex: {path: metadata.name, pattern: NAME$}"),
    ("{equal: {path: spec.replicas, value: 3}, not: true}", "{equal: {path: spec.replicas, value: 2}, not: true}"),
    ("{equalRaw: {value: Use RELEASE-NAME.}, template: NOTES.txt}", "{equalRaw: {value: x}, template: NOTES.txt}"),
    ("{notEqualRaw: {value: x}, template: NOTES.txt}", "{notEqualRaw: {value: Use RELEASE-NAME.}, template: NOTES.txt}"),
    ("{matchRegexRaw: {pattern: ^Use}, template: NOTES.txt}", "{matchRegexRaw: {pattern: ^use}, template: NOTES.txt}"),
    ("{notMatchRegexRaw: {pattern: ^use}, template: NOTES.txt}", "{notMatchRegexRaw: {pattern: ^Use}, template: NOTES.txt}"),
    ("{containsDocument: {kind: B, apiVersion: v1, any: true}, template: two.yaml}",
     "{containsDocument: {kind: B, apiVersion: v1}, template: two.yaml}"),
    ("{isKind: {of: B}, template: two.yaml, documentIndex: 1}", "{isKind: {of: B}, template: two.yaml, documentIndex: 2}"),
    ("{isKind: {of: B}, template: two.yaml, documentSelector: {path: metadata.name, value: b}}",
     "{isKind: {of: B}, template: two.yaml}"),
    ("{isKind: {of: B}, template: two.yaml, documentSelector: {path: metadata.namespace}}",
     "{isKind: {of: B}, template: two.yaml, documentSelector: {path: kind}}"),
    ("{hasDocuments: {count: 0}, template: none.yaml}", "{isKind: {of: X}, template: none.yaml}"),
    ("notFailedTemplate: {}", "failedTemplate: {}"),
    ("matchSnapshot: {path: spec}", "matchSnapshot: {path: spec.missing}"),
    ("{matchSnapshotRaw: {}, template: NOTES.txt}", "{matchSnapshotRaw: {}, template: NOTES.txt, not: true}"),
]  # fmt: skip


@pytest.mark.parametrize(("good", "bad"), PAIRS)
def test_assertion_holds_and_fails(good: str, bad: str) -> None:
    head = "" if "template:" in good else "templates: [deployment.yaml]"
    assert asserted(good, head).status == "passed", suite_text(asserted(good, head))
    result = asserted(bad, head)
    assert result.status == "failed"
    assert result.cases[0].asserts[0].lines, "a failure says what is wrong"


def test_every_assertion_type_is_tried() -> None:
    words = {word for pair in PAIRS for text in pair for word in text.replace("{", " ").replace(":", " ").split()}
    assert set(KINDS) - words == set()


def test_failed_template_is_matched_by_message_and_pattern() -> None:
    test = "  set: {strict: true}\n"
    head = "templates: [strict.yaml]"
    for good in ("{}", "{errorMessage: a name is wanted}", "{errorPattern: name is}", "{errorPattern: is wanted}"):
        assert asserted(f"failedTemplate: {good}", head, test).status == "passed", good
    for bad in ("{errorMessage: name}", "{errorPattern: ^name}", "{errorMessage: a, errorPattern: b}"):
        assert asserted(f"failedTemplate: {bad}", head, test).status == "failed", bad
    assert asserted("isKind: {of: A}", head, test).status == "failed"
    assert asserted("isKind: {of: A}", head, test).cases[0].status == "errored"


def test_situation_of_suite_and_test() -> None:
    head = (
        "release: {name: low, namespace: ns, upgrade: true}\n"
        "capabilities: {majorVersion: 1, minorVersion: 20}\nchart: {version: 2.0.0}"
    )
    test = (
        "  release: {name: high, revision: 4}\n  capabilities: {apiVersions: [a/v1]}\n"
        "  chart: {appVersion: '9'}\n  template: deployment.yaml\n"
        "  kubernetesProvider: {objects: [{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: ns}}]}\n"
        "  set: {'ports[0]': 1, labels: {a: b}}\n  values: [more.yaml]\n"
    )
    wanted = "{version: 2.0.0/9, kube: v1.20.0, has: 'true', upgrade: true4, found: Secret}"
    for assertion in (
        f"equal: {{path: metadata.annotations, value: {wanted}}}", "equal: {path: metadata.name, value: high}",
        "equal: {path: spec.ports, value: [{name: p1, number: 1}]}", "equal: {path: spec.replicas, value: 9}",
        "equal: {path: metadata.namespace, value: ns}",
    ):  # fmt: skip
        result = asserted(assertion, head, test)
        assert result.status == "passed", suite_text(result)


def test_template_outside_of_the_suite_is_not_there() -> None:
    result = asserted("{isKind: {of: A}, template: two.yaml}")
    assert "not exists or not selected" in suite_text(result)
    assert asserted("{isKind: {of: A}, template: two.yaml, documentIndex: 0}", "templates: ['**']").status == "passed"
    assert asserted("{hasDocuments: {count: 2}, template: two.yaml}", "templates: ['t*.yaml']").status == "passed"
    assert asserted("{hasDocuments: {count: 2}, template: two.yaml}", "excludeTemplates: [two.yaml]").status == "failed"


def test_snapshots_are_kept_compared_and_updated() -> None:
    text = "suite: s\ntemplates: [deployment.yaml]\ntests:\n- it: t\n  asserts:\n  - matchSnapshot: {path: spec.ports}\n"
    suite = read_suites(text, "f", "web")[0]
    snapshots = Snapshots({}, update=False)
    chart, settings = load_chart(CHART), Settings(lambda: 0.0)
    assert run_suite(chart, suite, snapshots, lambda path: b"", RenderCache(), settings).status == "passed"
    written = snapshots.file()
    assert written == "t:\n  1: |\n    - name: p80\n      number: 80\n    - name: p443\n      number: 443\n"
    kept = read_snapshots(written, "f")
    again = Snapshots(kept, update=False)
    assert run_suite(chart, suite, again, lambda path: b"", RenderCache(), settings).status == "passed"
    assert again.file() is None
    changed = {"t": {1: "other\n", 2: "gone\n"}}
    failed = run(text, changed)
    assert (failed.status, failed.snapshots.failed, failed.snapshots.vanished) == ("failed", 1, 1)
    assert "-other" in suite_text(failed)
    assert run(text, changed, update=True).status == "passed"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("suite: s\ntests: []\n", "no tests found"),
        ("tests: [{it: t}]\n", "no asserts found"),
        (
            "tests:\n- it: t\n  asserts:\n  - equals: {path: a}\n",
            "f:4: assertion type 'equals' is not known; did you mean 'equal'?",
        ),
        ("tests:\n- it: t\n  asserts:\n  - template: x\n", "no assertion type defined"),
        ("tests:\n- asserts:\n  - equal: {path: a}\n    isKind: {of: b}\n", "has one type"),
        ("tests:\n- asserts:\n  - matchRegex: {path: a}\n", "needs 'pattern'"),
        ("tests:\n- asserts:\n  - isKind: [a]\n", "must be a mapping"),
        ("tests:\n- asserts:\n  - isKind: {of: x}\n    documentSelector: {value: 1}\n", "documentSelector.path"),
        ("tests: {a: b}\n", "must be a list"),
        ("tests: [", "yaml: "),
        ("- a\n", "a suite must be a mapping"),
        ("postRenderer: {cmd: sh}\ntests: [{asserts: [isKind: {of: x}]}]\n", "postRenderer is not supported"),
    ],
)
def test_suite_that_cannot_be_understood_is_an_error(text: str, problem: str) -> None:
    with pytest.raises(SuiteInvalid) as caught:
        read_suites(text, "f", "web")
    assert problem in str(caught.value)


def test_unknown_fields_are_refused_when_strict() -> None:
    text = "tests:\n- it: t\n  sets: {a: 1}\n  asserts: [isKind: {of: x}]\n"
    assert read_suites(text, "f", "web")
    with pytest.raises(SuiteInvalid, match="no field 'sets'; did you mean 'set'"):
        read_suites(text, "f", "web", strict=True)


def test_several_suites_in_a_file_and_skipping() -> None:
    text = (
        "suite: a\nskip: {reason: later}\ntests: [{it: t, asserts: [isKind: {of: x}]}]\n---\nsuite: b\n"
        "skip: {minimumVersion: 99.0.0}\ntests: [{asserts: [isKind: {of: x}]}]\n"
    )
    assert [suite.name for suite in read_suites(text, "f", "web")] == ["a", "b"]
    assert run(text).status == "skipped"
    assert "later" in suite_text(run(text))


def test_reports() -> None:
    result = asserted("equal: {path: spec.replicas, value: 3}")
    text = suite_text(result)
    assert " FAIL  s\ttests/x_test.yaml" in text
    assert "--> tests/x_test.yaml:6" in text
    summary = Summary()
    summary.charts, summary.suites = ["failed"], [result]
    assert "Tests:       1 failed, 0 passed, 1 total" in summary.text(0.5)
    xml = junit([result, run("suite: <x>\nskip: {reason: 'a\"b'}\ntests: [{it: t, asserts: [isKind: {of: x}]}]\n")])
    assert 'failures="1"' in xml
    assert "<skipped message='a\"b'/>" in xml
    assert "&lt;x&gt;" in xml
    assert '"status": "failed"' in as_json([result])


def test_set_paths() -> None:
    assert nested("a.b[1].c", 1) == {"a": {"b": [None, {"c": 1}]}}
    assert nested("[a.b].c", 1) == {"a.b": {"c": 1}}
    assert nested('a["x.y/z"]', 1) == {"a": {"x.y/z": 1}}
    for bad in ("", "a..b", "a[", "[0]", "a={}", "a[9999999]"):
        with pytest.raises(SetInvalid):
            nested(bad, 1)
