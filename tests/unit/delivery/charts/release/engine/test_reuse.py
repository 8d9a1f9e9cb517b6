"""Values of upgrades."""

from pilothouse.delivery.charts import load_chart
from pilothouse.delivery.charts.release.engine.chartrecord import chart_record
from pilothouse.delivery.charts.release.engine.reuse import computed_values, reused_values
from pilothouse.delivery.charts.release.engine.wishes import Reuse
from pilothouse.delivery.charts.release.types import Release


def test_all_four_ways() -> None:
    def chart(values: bytes) -> object:
        return load_chart({"Chart.yaml": b"apiVersion: v2\nname: c\nversion: 1.0.0\n", "values.yaml": values})

    old, new = chart(b"a: 1\nb: 1\n"), chart(b"a: 2\nc: 2\n")
    base = Release("w", chart=chart_record(old), config={"b": 5})  # type: ignore[arg-type]
    assert computed_values(base) == {"a": 1, "b": 5}
    given = {"c": 9.0}

    def ways(reuse: Reuse, values: dict[str, object]) -> tuple[object, object]:
        found, used = reused_values(reuse, new, base, values)  # type: ignore[arg-type]
        return found, used.values

    assert ways(Reuse.AUTO, given) == ({"c": 9}, {"a": 2, "c": 2})
    assert ways(Reuse.AUTO, {}) == ({"b": 5}, {"a": 2, "c": 2})
    assert ways(Reuse.RESET, {}) == ({}, {"a": 2, "c": 2})
    assert ways(Reuse.REUSE, given) == ({"b": 5, "c": 9}, {"a": 1, "b": 5})
    assert ways(Reuse.RESET_THEN_REUSE, given) == ({"b": 5, "c": 9}, {"a": 2, "c": 2})
