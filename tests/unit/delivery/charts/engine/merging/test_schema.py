import orjson
import pytest

from pilothouse.delivery.charts.engine.merging import schema as schemas
from pilothouse.delivery.charts.engine.merging.schema import Fitting, check_schemas, own_problem
from pilothouse.delivery.charts.engine.values.kinds import Int64
from pilothouse.delivery.charts.errors import ValuesInvalid
from pilothouse.delivery.charts.types import Chart


@pytest.mark.parametrize(
    ("schema", "value", "line"),
    [
        ({"required": ["a", "b"]}, {}, "- at '': missing properties 'a', 'b'\n"),
        ({"properties": {"a": {"type": ["string", "null"]}}}, {"a": 1.0}, "- at '/a': got number, want null or string\n"),
        ({"properties": {"a": {"minimum": 5}}}, {"a": 3.0}, "- at '/a': minimum: got 3, want 5\n"),
        ({"not": {"required": ["a"]}}, {"a": 1}, "- at '': 'not' failed\n"),
        ({"properties": {"a": {"type": "integer"}}}, {"a": 3.0}, ""),
        ({"properties": {"a": {"type": "integer"}}}, {"a": Int64(3)}, ""),
        ({"properties": {"a": {"type": "boolean"}}}, {"a": True}, ""),
    ],
)
def test_wording(schema: dict[str, object], value: dict[str, object], line: str) -> None:
    assert own_problem(orjson.dumps(schema), value) == line


def test_subcharts_are_checked_with_their_own_values() -> None:
    child = Chart(metadata={"name": "sub"}, values={}, schema=b'{"required":["q"]}')
    with pytest.raises(ValuesInvalid, match=r"sub:\n- at '': missing property 'q'"):
        check_schemas(Chart(metadata={"name": "top"}, values={}, dependencies=(child,)), {"sub": {}}, Fitting())


def test_a_broken_schema_is_named() -> None:
    assert own_problem(b"{bad", {}) == "invalid character 'b' looking for beginning of object key string"


def test_a_schema_that_is_none() -> None:
    found = own_problem(b'{"type": "objectx"}', {})
    assert found.splitlines()[0].endswith("jsonschema validation failed with 'https://json-schema.org/draft/2020-12/schema#'")
    assert found.splitlines()[1:3] == ["- at '': 'allOf' failed", "  - at '/type': 'anyOf' failed"]
    old = own_problem(b'{"type": "x", "$schema": "http://json-schema.org/draft-07/schema#"}', {})
    assert old.splitlines()[1] == "- at '/type': 'anyOf' failed"


def test_values_that_fit_are_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[object] = []
    real = schemas.own_problem

    def counted(text: bytes, values: object) -> str:
        checked.append(values)
        return real(text, values)

    monkeypatch.setattr(schemas, "own_problem", counted)
    fitting, wanted = Fitting(), b'{"properties": {"q": {"type": "integer"}}}'
    answers = [fitting.problem(wanted, {"q": value}) for value in (1, 1, "x", "x", 2.5, 1)]
    assert [bool(answer) for answer in answers] == [False, False, True, True, True, False]
    assert checked == [{"q": 1}, {"q": "x"}, {"q": "x"}, {"q": 2.5}]
