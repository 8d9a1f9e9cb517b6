"""Options of a control plane: read, refused, turned into what is to be built."""

from pathlib import Path

import pytest

from pilothouse.kit.errors import Invalid
from pilothouse.kit.faults import FaultPlan
from pilothouse.testing.settings import PROGRAMS, fault_plan, lifecycle_options, read_settings


def capabilities(**options: object) -> list[str]:
    return [name.split(".")[-2] for name in lifecycle_options(read_settings(options), Path("/x")).capabilities]


def test_what_runs() -> None:
    assert capabilities() == ["workloads"]
    assert capabilities(controllers=False) == []
    assert capabilities(controllers=["gitops"], nodes=1)[:2] == ["gitops", "scheduler"]
    assert len(capabilities(nodes=3)) == 3


def test_options_that_do_not_exist_are_named_with_those_that_do() -> None:
    with pytest.raises(TypeError, match=r"no option 'node'; there are apply, controllers, crds"):
        read_settings({"node": 1})


@pytest.mark.parametrize("options", [{"nodes": -1}, {"nodes": "two"}, {"virtual_time": "sometimes"}])
def test_values_that_cannot_be_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(Invalid, match="is"):
        read_settings(options)


@pytest.mark.parametrize("name", ["nodeagent", "nonsense"])
def test_controllers_that_do_not_exist_are_refused(name: str) -> None:
    with pytest.raises(Invalid, match="workloads, scheduler, gitops"):
        capabilities(controllers=[name])


def test_fault_plans_by_name_file_document_and_value(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text("rules: [{point: api.get, action: timeout}]")
    shipped = fault_plan("conflicts", PROGRAMS, 7)
    assert shipped.seed == 7
    assert {rule.match["client"] for rule in shipped.rules} == {PROGRAMS}
    assert fault_plan(file, "*", None).rules[0].action == "timeout"
    assert fault_plan({"rules": [{"point": "api.get", "action": "drop"}]}, "*", None).rules[0].action == "drop"
    assert fault_plan(FaultPlan(3), "*", None).seed == 3
    with pytest.raises(Invalid, match="one of conflicts"):
        fault_plan("nonsense", "*", None)
