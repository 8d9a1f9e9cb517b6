"""`describe`: readable, without what only machines need."""

from tests.unit.app.cli.conftest import Verb


def test_an_object(verb: Verb) -> None:
    status, out, _ = verb("describe", "ns", "default")
    assert status == 0
    assert out.startswith("Name:             default\n")
    assert "Phase:          Active" in out
    assert "managedFields" not in out
    assert out.endswith("Events:           <none>\n")
