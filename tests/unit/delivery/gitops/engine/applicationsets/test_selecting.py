from typing import Any

import pytest

from pilothouse.delivery.gitops.engine.applicationsets.selecting import check_selector, selects
from pilothouse.delivery.gitops.errors import GeneratorFailed

PARAMS = {"server": "https://a.example.com:6443", "env": "prod"}


@pytest.mark.parametrize(
    ("selector", "fits"),
    [
        ({}, True),
        ({"matchLabels": {"server": "https://a.example.com:6443"}}, True),
        ({"matchLabels": {"env": "dev"}}, False),
        ({"matchExpressions": [{"key": "env", "operator": "In", "values": ["prod", "dev"]}]}, True),
        ({"matchExpressions": [{"key": "env", "operator": "NotIn", "values": ["prod"]}]}, False),
        ({"matchExpressions": [{"key": "zone", "operator": "NotIn", "values": ["x"]}]}, True),
        ({"matchExpressions": [{"key": "zone", "operator": "Exists"}]}, False),
        ({"matchExpressions": [{"key": "zone", "operator": "DoesNotExist"}]}, True),
    ],
)
def test_selectors(selector: dict[str, Any], fits: bool) -> None:
    check_selector(selector)
    assert selects(selector, PARAMS) is fits


@pytest.mark.parametrize(
    "expression", [{"operator": "Like"}, {"operator": "In", "values": []}, {"operator": "Exists", "values": ["x"]}]
)
def test_wrong_selectors_are_told(expression: dict[str, Any]) -> None:
    with pytest.raises(GeneratorFailed, match="error parsing label selector"):
        check_selector({"matchExpressions": [{"key": "a", **expression}]})
