from typing import Any

import pytest

from pilothouse.delivery.charts.engine.merging.strvals import apply_set
from pilothouse.delivery.charts.errors import ValuesInvalid


@pytest.mark.parametrize(
    ("flag", "text", "values"),
    [
        ("set", "a.b=1,c=true,d=null", {"a": {"b": 1}, "c": True, "d": None}),
        ("set", "a={x,2}", {"a": ["x", 2]}),
        ("set", "a[1].b=x", {"a": [None, {"b": "x"}]}),
        ("set", "a=b\\,c", {"a": "b,c"}),
        ("set", "a=1.5", {"a": "1.5"}),
        ("set-string", "a=1", {"a": "1"}),
        ("set-json", 'a=[1,"x"],b={"c":null}', {"a": [1.0, "x"], "b": {"c": None}}),
        ("set-literal", "a.b=x,y={", {"a": {"b": "x,y={"}}),
    ],
)
def test_forms(flag: str, text: str, values: dict[str, Any]) -> None:
    out: dict[str, Any] = {}
    apply_set(flag, text, out)
    assert out == values


@pytest.mark.parametrize("text", ["a", "a[-1]=x", "a[99999]=x", "a={x", "a=1,a.b=2"])
def test_problems(text: str) -> None:
    with pytest.raises(ValuesInvalid, match="failed parsing --set data"):
        apply_set("set", text, {})
