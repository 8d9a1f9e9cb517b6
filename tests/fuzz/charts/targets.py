"""What is fuzzed: one function per target that takes bytes and lets only surprises out.

An error of the engine's own families is an answer. Anything else that leaves a target is a finding.
"""

from __future__ import annotations

import gzip
import io
import re
import tarfile
from collections.abc import Callable
from typing import Any

from pilothouse.delivery.charts.adapters.archive import read_archive
from pilothouse.delivery.charts.engine.chart.loading import chart_from_files
from pilothouse.delivery.charts.engine.execution.definitions import CodeCache
from pilothouse.delivery.charts.engine.execution.faults import BudgetExceeded, FunctionError
from pilothouse.delivery.charts.engine.execution.templates import Limits
from pilothouse.delivery.charts.engine.functions import standard_functions
from pilothouse.delivery.charts.engine.merging.strvals import apply_set
from pilothouse.delivery.charts.engine.rendering.cache import RenderCache
from pilothouse.delivery.charts.engine.rendering.hostfunctions import host_functions
from pilothouse.delivery.charts.engine.rendering.render import Renderer, render_chart
from pilothouse.delivery.charts.engine.suites.reading import SuiteInvalid, read_suites
from pilothouse.delivery.charts.engine.suites.report import as_json, junit, suite_text
from pilothouse.delivery.charts.engine.suites.running import Settings, run_suite
from pilothouse.delivery.charts.engine.suites.snapshots import Snapshots, SnapshotsInvalid, read_snapshots
from pilothouse.delivery.charts.engine.template.parser import ParseError
from pilothouse.delivery.charts.engine.values.kinds import GoFunction
from pilothouse.delivery.charts.engine.yaml.reader import YamlError, json_compatible, read_yaml
from pilothouse.delivery.charts.engine.yaml.writer import write_yaml
from pilothouse.delivery.charts.types import Capabilities, ReleaseOptions
from pilothouse.kit.clock import Entropy
from pilothouse.kit.errors import PilothouseError

MARK = b"\n=====\n"
"""Parts the files within one input of the target `chart`."""
FLAGS = ("set", "set-string", "set-json", "set-file", "set-literal")
SLOW = ("genCA", "genCAWithKey", "genPrivateKey", "genSelfSignedCert", "genSelfSignedCertWithKey", "genSignedCert",
        "genSignedCertWithKey", "bcrypt", "htpasswd", "derivePassword")  # fmt: skip
"""Functions whose work is meant to take long; their budget has tests of its own."""
_NOW = 1_700_000_000.0
_STEPS = 20_000
_OUTPUT = 4_000_000


def _functions() -> dict[str, GoFunction]:
    table = standard_functions(_NOW, Entropy(1))
    table.update(host_functions(None, None))
    return table


_FUNCTIONS = _functions()


def text_of(data: bytes) -> str:
    """Return the text of an input as the engine reads files."""
    return data.decode("utf-8", "surrogateescape")


def template(data: bytes) -> None:
    """Lex, parse and compile a template."""
    cache = CodeCache()
    try:
        for definition in cache.parse("t", text_of(data), _FUNCTIONS).values():
            cache.compile(definition)
    except (ParseError, BudgetExceeded):
        pass


def yaml(data: bytes) -> None:
    """Read YAML, and write what was read: the same must be read again."""
    try:
        value = read_yaml(text_of(data))
        json_compatible(value)
    except YamlError:
        return
    try:
        text = write_yaml(value)
    except FunctionError:
        return
    if re.search("[\x85\u2028\u2029\ud800-\udfff]", text_of(data)) or b"!!binary" in data or b"<<" in data:
        return  # YAML 1.1 folds these breaks, bytes that are no text are replaced, and helm quotes no <<
    again = read_yaml(text)
    assert same(again, value), f"{value!r} is written as {text!r}, which is read as {again!r}"


def same(one: Any, other: Any) -> bool:
    """Compare values; numbers as near as Go prints them."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def strvals(data: bytes) -> None:
    """Apply the text of a --set flag; the first byte chooses the flag, lines follow one another."""
    flag = FLAGS[data[0] % len(FLAGS)] if data else "set"
    values: dict[str, Any] = {"a": {"b": [1.0, "x"]}, "n": None}
    try:
        for line in text_of(data[1:]).split("\n"):
            apply_set(flag, line, values, lambda path: f"content of {path}")
    except PilothouseError:
        pass


def archive(data: bytes) -> None:
    """Load a chart archive; an odd first byte means the rest is still to be compressed."""
    content = gzip.compress(data[1:], 1, mtime=0) if data[:1] and data[0] % 2 else data[1:]
    try:
        chart_from_files(read_archive(content), read_archive)
    except PilothouseError:
        pass


def chart(data: bytes) -> None:
    """Render a small chart: values, a template, partials, a schema and a subchart's template, parted by MARK."""
    parts = [*data.split(MARK), b"", b"", b"", b"", b""]
    files = {"Chart.yaml": b"apiVersion: v2\nname: c\nversion: 1.0.0\n", "values.yaml": parts[0], "templates/a.yaml": parts[1],
             "templates/_h.tpl": parts[2]}  # fmt: skip
    if parts[3]:
        files["values.schema.json"] = parts[3]
    if parts[4]:
        files["charts/s/Chart.yaml"] = b"apiVersion: v2\nname: s\nversion: 1.0.0\n"
        files["charts/s/templates/b.yaml"] = parts[4]
    renderer = Renderer(_NOW, Entropy(1), RenderCache())
    renderer.limits = Limits(_STEPS, _OUTPUT)
    for name in SLOW:
        del renderer.functions[name]
    try:
        render_chart(chart_from_files(files), ReleaseOptions("rel", "ns"), {}, Capabilities(), renderer).to_text()
    except PilothouseError:
        pass


_SUITE_CHART = chart_from_files({
    "Chart.yaml": b"apiVersion: v2\nname: c\nversion: 1.0.0\n", "values.yaml": b"a: {b: [1, 2]}\n",
    "templates/a.yaml": b"kind: A\nspec: {{ toYaml .Values.a | nindent 2 }}\n---\nkind: B\n",
    "templates/NOTES.txt": b"{{ .Values }}",
})  # fmt: skip


def suite(data: bytes) -> None:
    """Read a test suite and run it on a small chart; behind MARK are its snapshots."""
    text, _, snapshots = data.partition(MARK)
    try:
        suites = read_suites(text.decode("utf-8", "replace"), "f", "c")
        kept = read_snapshots(snapshots.decode("utf-8", "replace"), "s") if snapshots else {}
    except (SuiteInvalid, SnapshotsInvalid):
        return
    for one in suites[:2]:
        noted = Snapshots(kept, update=bool(len(data) % 2))
        result = run_suite(_SUITE_CHART, one, noted, lambda path: b"a: 1\n", RenderCache(), Settings(lambda: _NOW, seed=1))
        assert suite_text(result)
        assert junit([result])
        assert as_json([result])
        written = noted.file()
        assert written is None or read_snapshots(written, "s") == noted.current, written


def tar_of(files: dict[str, bytes]) -> bytes:
    """Return an archive that is not compressed, a seed for `archive`."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


TARGETS: dict[str, Callable[[bytes], None]] = {
    "template": template, "yaml": yaml, "strvals": strvals, "archive": archive, "chart": chart, "suite": suite,
}  # fmt: skip
