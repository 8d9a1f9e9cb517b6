"""Dependencies between Applications."""

from typing import Any

from pilothouse.delivery.gitops.engine.dependencies import cycle, waiting_for


def app(name: str, *depends: Any, health: str = "Healthy", sync: str = "Synced") -> dict[str, Any]:
    entries = [entry if isinstance(entry, dict) else {"name": entry} for entry in depends]
    status = {"health": {"status": health}, "sync": {"status": sync}}
    return {"metadata": {"name": name, "namespace": "ns"}, "spec": {"dependsOn": entries}, "status": status}


def lookup(*apps: dict[str, Any]) -> Any:
    known = {("ns", tree["metadata"]["name"]): tree for tree in apps}
    return lambda namespace, name: known.get((namespace, name))


def test_what_is_asked_of_another_application() -> None:
    assert "does not exist" in waiting_for(app("a", "b"), "ns", lookup())
    assert "it is Degraded" in waiting_for(app("a", "b"), "ns", lookup(app("b", health="Degraded")))
    assert "it is OutOfSync" in waiting_for(app("a", "b"), "ns", lookup(app("b", sync="OutOfSync")))
    assert waiting_for(app("a", "b"), "ns", lookup(app("b"))) == ""
    wanted = {"name": "b", "health": "Degraded", "sync": "OutOfSync"}
    assert waiting_for(app("a", wanted), "ns", lookup(app("b", health="Degraded", sync="OutOfSync"))) == ""


def test_an_expression_takes_the_place_of_both() -> None:
    ready = {"name": "b", "readyExpr": "application.status.health.status in ['Healthy', 'Suspended']"}
    assert waiting_for(app("a", ready), "ns", lookup(app("b", health="Suspended", sync="OutOfSync"))) == ""
    assert "waiting" in waiting_for(app("a", ready), "ns", lookup(app("b", health="Degraded")))
    assert "cannot be read" in waiting_for(app("a", {"name": "b", "readyExpr": "1 +"}), "ns", lookup(app("b")))
    assert "fails" in waiting_for(app("a", {"name": "b", "readyExpr": "application.none.x"}), "ns", lookup(app("b")))


def test_circles_are_found_from_every_place_on_them() -> None:
    apps = lookup(app("a", "b"), app("b", "c"), app("c", "a"), app("d", "a"))
    assert cycle(("ns", "a"), apps) == ["a", "b", "c", "a"]
    assert cycle(("ns", "d"), apps) == []
