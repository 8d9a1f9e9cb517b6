from typing import Any

import pytest

from pilothouse.delivery.gitops.engine.applicationsets.planning import ALLOW_EMPTY, Plan, merge_patch, plan_applications
from pilothouse.delivery.gitops.engine.diff.ignore import read_rules
from pilothouse.delivery.gitops.errors import GeneratorFailed


def app(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name, "namespace": "n"},
        "spec": spec,
    }


def no_jq(program: str, tree: dict[str, Any]) -> dict[str, Any]:
    raise AssertionError(program)


def plan(wanted: list[Any], live: list[Any], *, complete: bool = True, rules: list[Any] | None = None, **tree: Any) -> Plan:
    by_name = {one["metadata"]["name"]: one for one in live}
    own = {"metadata": {"name": "s"}, **tree}
    return plan_applications(own, wanted, by_name, read_rules(rules or []), no_jq, is_complete=complete)


def names(trees: list[Any]) -> list[str]:
    return [tree["metadata"]["name"] for tree in trees]


def test_create_change_delete() -> None:
    found = plan([app("a", x=1), app("b", x=2), app("c", x=1)], [app("b", x=1), app("c", x=1), app("d", x=1)])
    assert (names(found.create), names(found.delete)) == (["a"], ["d"])
    [(_, becomes)] = found.change
    assert becomes["spec"] == {"x": 2}


@pytest.mark.parametrize(
    ("policy", "counts"), [("create-only", (0, 0)), ("create-update", (1, 0)), ("create-delete", (0, 1)), ("sync", (1, 1))]
)
def test_policies(policy: str, counts: tuple[int, int]) -> None:
    spec = {"syncPolicy": {"applicationsSync": policy}}
    found = plan([app("b", x=2)], [app("b", x=1), app("d")], spec=spec)
    assert (len(found.change), len(found.delete)) == counts


def test_nothing_is_deleted_by_mistake() -> None:
    assert "because generating failed" in plan([app("a")], [app("b")], complete=False).held
    assert "none is generated" in plan([], [app("b")]).held
    allowed = {"name": "s", "annotations": {ALLOW_EMPTY: "true"}}
    assert names(plan([], [app("b")], metadata=allowed).delete) == ["b"]


def test_names_are_unique() -> None:
    with pytest.raises(GeneratorFailed, match="contains applications with duplicate name: a"):
        plan([app("a"), app("a")], [])


def test_what_others_wrote_is_kept_where_asked() -> None:
    live = app("a", x=1, replicas=3)
    live["metadata"] |= {"annotations": {"mine": "1", "lost": "1"}, "resourceVersion": "5"}
    rules = [{"group": "argoproj.io", "kind": "Application", "jsonPointers": ["/spec/replicas"]}]
    found = plan([app("a", x=2, replicas=1)], [live], rules=rules, spec={"preservedFields": {"annotations": ["mine"]}})
    [(_, becomes)] = found.change
    assert becomes["spec"] == {"x": 2, "replicas": 3}
    assert becomes["metadata"] == {"name": "a", "namespace": "n", "annotations": {"mine": "1"}, "resourceVersion": "5"}


def test_merge_patches() -> None:
    assert merge_patch({"a": 1, "b": {"c": 1, "d": 1}}, {"b": {"c": 2, "d": 1}, "e": 1}) == {"a": None, "b": {"c": 2}, "e": 1}
