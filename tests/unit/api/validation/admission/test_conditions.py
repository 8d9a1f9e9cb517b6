"""Rules of matchConditions."""

from __future__ import annotations

from pilothouse.api.validation.admission.conditions import MAX_CONDITIONS, compile_condition, validate_conditions


def texts(*conditions: dict[str, str]) -> list[str]:
    return [f"{finding.path}: {finding.text()}" for finding in validate_conditions(list(conditions), "c")]


def test_good_conditions_compile() -> None:
    for text in ("object.metadata.name == 'x'", "!has(oldObject.spec)", "request.userInfo.groups.exists(g, g == 'a')",
                 "authorizer.group('').resource('pods').check('get').allowed()"):  # fmt: skip
        assert texts({"name": "x", "expression": text}) == []


def test_what_does_not_compile_is_shown() -> None:
    (found,) = texts({"name": "x", "expression": "request.nothing == 1"})
    assert found.startswith('c[0].expression: Invalid value: "request.nothing == 1": compilation failed: ERROR: <input>:1:8:')
    assert "undefined field 'nothing'" in found
    (found,) = texts({"name": "x", "expression": "1"})
    assert found == 'c[0].expression: Invalid value: "1": must evaluate to bool but got int'


def test_names_are_needed_once() -> None:
    assert texts({"name": "", "expression": ""}) == ["c[0].expression: Required value", "c[0].name: Required value"]
    one = {"name": "x", "expression": "true"}
    assert texts(one, one) == ['c[1].name: Duplicate value: "x"']
    many = [{"name": f"n{number}", "expression": "true"} for number in range(MAX_CONDITIONS + 1)]
    assert texts(*many) == ["c: Too many: 65: must have at most 64 items"]


def test_a_compiled_condition_answers() -> None:
    program = compile_condition("object.a == 1")
    assert program.evaluate({"object": {"a": 1}}).value is True
