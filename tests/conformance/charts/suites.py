"""One function per corpus file: run its cases, return the ids that agree with the recording."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pilothouse.delivery.charts import load_chart, render
from pilothouse.delivery.charts.engine.execution.definitions import CodeCache
from pilothouse.delivery.charts.engine.execution.faults import ExecError
from pilothouse.delivery.charts.engine.execution.templates import TemplateSet
from pilothouse.delivery.charts.engine.functions import go_functions
from pilothouse.delivery.charts.engine.template.lexer import lex
from pilothouse.delivery.charts.engine.template.numbers import NumberSyntaxError, parse_number
from pilothouse.delivery.charts.engine.template.parser import ParseError, Parser, is_empty
from pilothouse.delivery.charts.engine.template.printer import node_text
from pilothouse.delivery.charts.errors import ChartInvalid, ChartTooLarge, RenderFailed
from pilothouse.delivery.charts.types import ReleaseOptions
from pilothouse.kit.clock import Entropy, ManualClock
from tests.conformance.charts.corpus import ROOT, inside, rows, write_tree
from tests.conformance.charts.mirror import struct_value, test_functions
from tests.conformance.charts.properties import holds
from tests.conformance.charts.verbs import run_chart

Failure = tuple[str, Any, Any]
Case = dict[str, Any]
Check = Callable[[Case], tuple[Any, Any]]
_HINT = "\n\nUse --debug flag to render out invalid YAML\n"


class Outcome:
    """Ids that passed, and what the others gave against what was recorded."""

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.failed: list[Failure] = []

    @property
    def total(self) -> int:
        return len(self.passed) + len(self.failed)


def _run(cases: list[Case], check: Check) -> Outcome:
    outcome = Outcome()
    for case in cases:
        try:
            got, wanted = check(case)
        except Exception as error:  # noqa: BLE001 - a crash of the engine is a failed case
            got, wanted = f"crash: {type(error).__name__}: {error}", None
        if got == wanted:
            outcome.passed.append(case["id"])
        else:
            outcome.failed.append((case["id"], got, wanted))
    return outcome


def _exec(case: Case) -> tuple[Any, Any]:
    functions = {**go_functions(), **test_functions(case["needs_funcs"])}
    option = (case.get("option") or "").partition("=")[2] or "default"
    option = {"invalid": "default"}.get(option, option)
    templates = TemplateSet(functions, CodeCache(), missing=option)
    data = struct_value(case) if case["needs_struct"] else floats(case["data"])
    parts: list[str] = []
    try:
        templates.add(case["name"], case["template"])
        templates.write(case["name"], data, parts)
        got: Any = {"ok": True, "output": "".join(parts)}
    except ParseError as error:
        got = {"ok": False, "stage": "parse", "error": str(error)}
    except ExecError as error:
        got = {"ok": False, "stage": "exec", "error": str(error), "output": "".join(parts)}
    wanted = dict(case["expect"])
    if wanted.get("stage") == "parse":
        wanted.pop("output", None)
    return got, wanted


def floats(value: Any) -> Any:
    """Turn JSON integers to floats, as Go's decoder does."""
    if isinstance(value, dict):
        return {k: floats(v) for k, v in value.items()}
    if isinstance(value, list):
        return [floats(v) for v in value]
    return float(value) if type(value) is int else value


class _Builtins:
    def __contains__(self, name: str) -> bool:
        return name in ("contains", "printf", "index")


def _parse(case: Case) -> tuple[Any, Any]:
    table = case["table"]
    if table == "lexTests":
        tokens = lex(case["input"], comments=True)
        return [[k, t, case["input"].count("\n", 0, p) + 1] for k, p, t in tokens], case["items"]
    if table == "numberTests":
        return _number(case)
    depth = 3 if "nesting" in case["name"] else 100
    try:
        trees = Parser(case["name"], case["input"], _Builtins(), max_depth=depth).parse()
    except ParseError as error:
        return str(error), case.get("error")
    body = trees[case["name"]].body
    if table == "isEmptyTests":
        return is_empty(body), case["empty"]
    return node_text(body), case.get("tree")


def _number(case: Case) -> tuple[Any, Any]:
    text = case["input"]
    kind = "char constant" if text.startswith("'") else "complex" if text.endswith("i") and text.count("+") else "number"
    wanted = [case["number"][f"is_{k}"] for k in ("int", "uint", "float", "complex")]
    try:
        number = parse_number(text, kind)
    except NumberSyntaxError:
        return [False] * 4, wanted
    found = (number.as_int, number.as_uint, number.as_float, number.as_complex)
    got: list[Any] = [f is not None for f in found]
    for at, key in ((0, "int"), (1, "uint")):
        if wanted[at]:
            wanted.append(case["number"][key])
            got.append(str(found[at]))
    return got, wanted


_OUT = 'out: {{ include "case/templates/_case.tpl" (.Files.Get "data.json" | fromJson).d | toJson }}'
_CHART = b"apiVersion: v2\nname: case\nversion: 0.1.0\n"


def case_chart(template: str, data: Any) -> dict[str, bytes]:
    """Return the chart a template case is run through."""
    return {
        "Chart.yaml": _CHART,
        "templates/_case.tpl": template.encode("utf-8", "surrogateescape"),
        "data.json": json.dumps({"d": data}).encode(),
        "templates/out.yaml": _OUT.encode(),
    }


def _through_chart(case: Case) -> tuple[Any, Any]:
    wanted = case["expect"]
    try:
        rendered = render(
            load_chart(case_chart(case["template"], case["data"])),
            release=ReleaseOptions("rel", "ns1"),
            clock=ManualClock(),
            entropy=Entropy(),
        )
    except (RenderFailed, ChartInvalid, ChartTooLarge) as error:
        return {"ok": False, "error": error.message}, {k: wanted.get(k) for k in ("ok", "error")}
    text = next(m.text for m in rendered.manifests if m.source.endswith("out.yaml"))
    output = json.loads(text.removeprefix("out: "))
    if "properties" in wanted:
        return holds(output, wanted["properties"]), True
    return {"ok": True, "output": output}, wanted


def _yaml(case: Case) -> tuple[Any, Any]:
    if case["op"] != "parse":
        return _through_chart(case)
    from tests.conformance.charts.readings import readings

    return readings(case)


def _command(argv: list[str], case: Case, folder: Path) -> dict[str, Any]:
    with inside(folder):
        code, out, err = run_chart(argv)
    got: dict[str, Any] = {"rc": code, "stdout": out.replace(str(folder), "<dir>"), "stderr": err.replace(str(folder), "<dir>")}
    expect = case["expect"]
    if "stdout_sha256" in expect and "stdout" not in expect:
        got["stdout_sha256"] = hashlib.sha256(out.encode("utf-8", "surrogateescape")).hexdigest()
    return {k: v for k, v in got.items() if k in expect}


def _wanted(case: Case) -> dict[str, Any]:
    return {k: v for k, v in case["expect"].items() if k in ("rc", "stdout", "stderr", "stdout_sha256")}


def _template(case: Case) -> tuple[Any, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "base" in case:
            _unpack(ROOT / case["base"], folder)
        write_tree(folder, case.get("files", {}))
        for edit in case.get("edits", []):
            path = folder / edit["file"]
            path.write_text(path.read_text().replace(edit["old"], edit["new"], 1))
        return _command(["template", *case["args"]], case, folder), _wanted(case)


def _unpack(archive: Path, folder: Path) -> None:
    import tarfile

    with tarfile.open(archive) as tar:
        if hasattr(tarfile, "data_filter"):  # Debian's Python 3.11.2 does not have it
            tar.extraction_filter = tarfile.data_filter
        tar.extractall(folder)


def _verb(case: Case) -> tuple[Any, Any]:
    if "chart" in case:
        return _command(case["cmd"], case, ROOT / "charts-visible"), _wanted(case)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_tree(folder, case.get("files", {}))
        got, wanted = _command(case["cmd"], case, folder), _wanted(case)
        if case["expect"].get("archive") and got["rc"] == 0:
            wanted["files"] = [entry[:2] for entry in case["expect"]["files"]]
            got["files"] = _listing(next(folder.rglob(case["expect"]["archive"])))
        return got, wanted


def _listing(archive: Path) -> list[list[Any]]:
    import tarfile

    with tarfile.open(archive) as tar:
        return [[m.name, m.size] for m in tar]


def _hostile(case: Case) -> tuple[Any, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_tree(folder, case.get("files", {}))
        if "file" in case:
            (folder / Path(case["file"]).name).write_bytes((ROOT / "hostile" / Path(case["file"]).name).read_bytes())
        with inside(folder):
            code, out, err = run_chart(["template", *case["args"]])
        stray = list(folder.rglob("evil*"))
        clean = code in (0, 1) and "Traceback" not in err and not stray and "root:" not in out
        renders = case["helm"]["result"] == "renders"
        head = case["helm"].get("stdout_head", "")
        same = code == 0 and (out.startswith(head) if "must stop" not in case["expect"] else True)
        return clean and (not renders or same or code == 1), True


def _visible_cases() -> list[Case]:
    manifest = json.loads((ROOT / "charts-visible" / "manifest.json").read_text())
    cases = []
    for chart in manifest["charts"]:
        for number, run in enumerate(chart["runs"]):
            cases.append({"id": f"{chart['name']}/{number}", "file": chart["file"], **run})
    return cases


def _visible(case: Case) -> tuple[Any, Any]:
    from tests.conformance.charts.visible import compare

    return compare(case)


SUITES: dict[str, Callable[[], Outcome]] = {
    "gotemplate-exec": lambda: _run(rows("gotemplate-exec"), _exec),
    "gotemplate-parse": lambda: _run(rows("gotemplate-parse"), _parse),
    "sprig": lambda: _run(rows("sprig"), _through_chart),
    "yaml": lambda: _run(rows("yaml"), _yaml),
    "strvals": lambda: _run(rows("strvals"), _template),
    "coalesce": lambda: _run(rows("coalesce"), _template),
    "errors": lambda: _run(rows("errors"), _template),
    "lint": lambda: _run(rows("lint"), _verb),
    "show": lambda: _run(rows("show"), _verb),
    "hostile": lambda: _run(json.loads((ROOT / "hostile" / "manifest.json").read_text())["cases"], _hostile),
    "charts-visible": lambda: _run(_visible_cases(), _visible),
}
