from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from pilothouse.delivery.gitops.engine.applicationsets.templating import Templates
from pilothouse.delivery.gitops.errors import GeneratorFailed


def fake_go(text: str, params: Mapping[str, Any], options: Sequence[str]) -> str:
    name = text.split("{{.")[1].split("}}")[0]
    if name not in params:
        if "missingkey=error" in options:
            raise GeneratorFailed("map has no entry for key")
        return "<no value>"
    return text.replace("{{." + name + "}}", str(params[name]))


def test_known_names_are_replaced_and_others_kept() -> None:
    templates = Templates(None)
    assert templates.text("{{ a }}-{{b}}-{{ }}", {"a": "x", "": "no"}) == "x-{{b}}-{{ }}"
    assert templates.text("{{n}}", {"n": 5}) == "{{n}}"
    with pytest.raises(GeneratorFailed, match="Cannot find end tag"):
        templates.text("{{a}} {{b}", {"a": "x"})


def test_trees_are_filled_with_their_keys() -> None:
    tree = {"k-{{a}}": ["{{a}}", 1, {"x": True}], "n": None}
    assert Templates(None).tree(tree, {"a": "x"}) == {"k-x": ["x", 1, {"x": True}], "n": None}


def test_values_never_see_each_other() -> None:
    values = {"one": "{{a}}", "two": "{{values.one}}"}
    assert Templates(None).with_values(values, {"a": "x"}) == {"a": "x", "values.one": "x", "values.two": "{{values.one}}"}
    assert Templates(fake_go).with_values({"one": "{{.a}}"}, {"a": "x"}) == {"a": "x", "values": {"one": "x"}}
    assert Templates(fake_go).with_values(None, {"a": "x"}) == {"a": "x"}


def test_a_generator_keeps_values_of_its_own_parameters() -> None:
    generator = {"matrix": {"generators": [{"git": {"repoURL": "{{.a}}", "values": {"mine": "{{.path}}", "theirs": "{{.a}}"}}}]}}
    found = Templates(fake_go).generator(generator, {"a": "x"})
    assert found["matrix"]["generators"][0]["git"] == {"repoURL": "x", "values": {"mine": "{{.path}}", "theirs": "x"}}


def test_other_errors_in_values_are_told() -> None:
    def broken(text: str, params: Mapping[str, Any], options: Sequence[str]) -> str:
        raise GeneratorFailed("failed to parse template")

    with pytest.raises(GeneratorFailed, match='failed to pre-resolve Values key "k": failed to parse'):
        Templates(broken).generator({"git": {"values": {"k": "{{"}}}, {"a": "x"})
