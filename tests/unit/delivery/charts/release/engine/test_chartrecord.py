"""Charts within releases, and numbers on their way through JSON."""

import pytest

from pilothouse.delivery.charts import load_chart
from pilothouse.delivery.charts.release.engine.chartrecord import chart_of, chart_record
from pilothouse.delivery.charts.release.errors import ReleaseUnreadable


def test_there_and_back() -> None:
    files = {
        "Chart.yaml": b"apiVersion: v2\nname: c\nversion: 1.0.0\nappVersion: 1.10\nkeywords: [a]\ndeprecated: true\n"
        b"maintainers: [{name: m, email: e}]\nannotations: {k: v}\ntype: application\n",
        "values.yaml": b"count: 1000000\nhalf: 0.5\nlist: [1]\n",
        "values.schema.json": b"{}",
        "templates/a.yaml": b"a: \xff",
        "README.md": b"hi",
        "Chart.lock": b"digest: d\ngenerated: yesterday\ndependencies: [{name: x, repository: r, version: 1.0.0}]\n",
    }
    chart = load_chart(files)
    record = chart_record(chart)
    assert record["metadata"] == {
        "name": "c", "version": "1.0.0", "keywords": ["a"], "maintainers": [{"name": "m", "email": "e"}], "apiVersion": "v2",
        "appVersion": "1.1", "deprecated": True, "annotations": {"k": "v"}, "type": "application",
    }  # fmt: skip
    assert record["values"] == {"count": 1000000, "half": 0.5, "list": [1]}
    assert record["lock"] == {
        "generated": "0001-01-01T00:00:00Z", "digest": "d",
        "dependencies": [{"name": "x", "version": "1.0.0", "repository": "r"}],
    }  # fmt: skip
    back = chart_of(record)
    assert back.values == chart.values
    assert all(isinstance(value, float) for value in (back.values["count"], back.values["list"][0]))
    assert (back.templates, back.schema, back.files) == (chart.templates, chart.schema, chart.files)


def test_a_broken_chart_is_refused() -> None:
    with pytest.raises(ReleaseUnreadable):
        chart_of({"metadata": {}, "templates": [{"data": "x"}]})
