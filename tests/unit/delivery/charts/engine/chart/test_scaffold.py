import pytest

from pilothouse.delivery.charts import load_chart
from pilothouse.delivery.charts.engine.chart.scaffold import scaffold
from pilothouse.delivery.charts.errors import ChartInvalid


def test_files_make_a_chart_with_its_name() -> None:
    files = scaffold("My.shop_1")
    assert "NAME" not in files["templates/deployment.yaml"]
    assert "RELEASE-NAME" in files["tests/web_test.yaml"]
    chart = load_chart({name: text.encode() for name, text in files.items()})
    assert (chart.name, chart.values["replicas"]) == ("My.shop_1", 1)


@pytest.mark.parametrize("name", ["", "a b", "a/b", "..", ".", "é", "x" * 251, "a\n"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ChartInvalid, match="chart name must"):
        scaffold(name)
