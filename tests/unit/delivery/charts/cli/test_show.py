"""`chart show values --jsonpath`."""

from pathlib import Path

import pytest

from pilothouse.delivery.charts import load_chart
from pilothouse.delivery.charts.cli.show import values_at
from pilothouse.delivery.charts.errors import ChartInvalid
from tests.conformance.charts.verbs import run_chart

FILES = {
    "Chart.yaml": b"apiVersion: v2\nname: c\nversion: 1.0.0\n",
    "values.yaml": b"a: {b: [1, 2.5], c: text, d: true}\n",
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{.a.b}", "[1,2.5]"), ("{$.a.c}", "text"), ("{.a.d} and {.a.b[0]}", "true and 1"), ("{.a.b[*]}", "1 2.5"),
        ("{.none}", ""), ("plain", "plain"), ("{.a}", '{"b":[1,2.5],"c":"text","d":true}'),
    ],
)  # fmt: skip
def test_values(template: str, text: str) -> None:
    assert values_at(load_chart(FILES), template) == text


@pytest.mark.parametrize("template", ["{.a", "{range .a}", "}", "{}"])
def test_what_is_no_path(template: str) -> None:
    with pytest.raises(ChartInvalid, match="error parsing jsonpath"):
        values_at(load_chart(FILES), template)


def test_the_verb(tmp_path: Path) -> None:
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    assert run_chart(["show", "values", str(tmp_path), "--jsonpath", "{.a.c}"]) == (0, "text", "")
    code, out, err = run_chart(["show", "values", str(tmp_path), "--jsonpath", "{.a"])
    assert (code, out) == (1, "") and err.startswith("Error: error parsing jsonpath {.a: unclosed action")
