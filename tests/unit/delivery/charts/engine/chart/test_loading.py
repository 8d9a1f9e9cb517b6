import pytest

from pilothouse.delivery.charts.engine.chart.loading import chart_from_files, check_dependencies, read_values
from pilothouse.delivery.charts.errors import ChartInvalid

META = b"apiVersion: v2\nname: a\nversion: 1.0.0\n"


def test_files_find_their_place() -> None:
    chart = chart_from_files(
        {
            "Chart.yaml": META,
            "values.yaml": b"x: 1",
            "templates/a.yaml": b"a: 1",
            "README.md": b"r",
            "charts/b/Chart.yaml": META.replace(b"name: a", b"name: b"),
        }
    )
    assert chart.values == {"x": 1.0}
    assert [f.name for f in chart.templates] == ["templates/a.yaml"]
    assert [f.name for f in chart.files] == ["README.md"]
    assert [c.name for c in chart.dependencies] == ["b"]


@pytest.mark.parametrize(
    ("meta", "problem"),
    [
        (b"apiVersion: v2\nversion: 1.0.0", "chart.metadata.name is required"),
        (b"apiVersion: v2\nname: a", "chart.metadata.version is required"),
        (b"apiVersion: v9\nname: a\nversion: 1.0.0", "unsupported chart version"),
        (b"a: [", "cannot load Chart.yaml"),
        (META + b"type: odd", "chart.metadata.type must be application or library"),
    ],
)
def test_bad_metadata(meta: bytes, problem: str) -> None:
    with pytest.raises(ChartInvalid, match=problem):
        chart_from_files({"Chart.yaml": meta})


def test_missing_dependencies_are_named() -> None:
    chart = chart_from_files({"Chart.yaml": META + b'dependencies:\n- {name: x, version: "1"}\n'})
    with pytest.raises(ChartInvalid, match="missing in charts/ directory: x"):
        check_dependencies(chart)


def test_several_documents_of_values_are_merged() -> None:
    assert read_values(b"a: 1\nb: 1\n---\nb: 2\n") == {"a": 1.0, "b": 2.0}
