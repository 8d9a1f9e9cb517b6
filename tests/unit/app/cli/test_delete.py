"""`delete`: waits until the objects are gone."""

from collections.abc import Callable

from tests.unit.app.cli.conftest import Verb

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, labels: {t: d}}\n"


def test_by_name_by_file_and_by_selector(verb: Verb, manifest: Callable[[str], str]) -> None:
    for name in ("d1", "d2", "d3"):
        assert verb("apply", "-f", manifest(CONFIG_MAP % name))[0] == 0
    assert verb("delete", "cm", "d1")[1] == 'configmap "d1" deleted\n'
    assert verb("delete", "-f", manifest(CONFIG_MAP % "d2"))[1] == 'configmap "d2" deleted\n'
    assert verb("delete", "cm", "-l", "t=d")[1] == 'configmap "d3" deleted\n'
    assert verb("get", "cm", "-l", "t=d")[2].startswith("No resources found")


def test_refusals(verb: Verb) -> None:
    assert verb("delete", "cm", "none")[0] == 1
    assert verb("delete", "cm", "none", "--ignore-not-found") == (0, "", "")
    assert "no name was specified" in verb("delete", "cm")[2]
    assert "nothing to delete" in verb("delete")[2]
