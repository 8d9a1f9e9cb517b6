"""`apply` and `create`: what is sent, what is told, what is refused."""

from collections.abc import Callable
from pathlib import Path

from tests.unit.app.cli.conftest import Verb

TWO = """
apiVersion: v1
kind: ConfigMap
metadata: {name: apply-a}
data: {k: "1"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: apply-b}
"""


def test_created_then_applied(verb: Verb, manifest: Callable[[str], str]) -> None:
    path = manifest(TWO)
    assert verb("apply", "-f", path) == (0, "configmap/apply-a created\nconfigmap/apply-b created\n", "")
    assert verb("apply", "-f", path, "-o", "name")[1] == "configmap/apply-a\nconfigmap/apply-b\n"


def test_every_failure_is_told_and_the_rest_is_applied(verb: Verb, manifest: Callable[[str], str]) -> None:
    path = manifest(TWO.replace("apply-a", "Not_A_Name").replace("apply-b", "apply-c"))
    status, out, err = verb("apply", "-f", path)
    assert status == 1
    assert "configmap/apply-c created" in out
    assert "ConfigMap Not_A_Name" in err


def test_dry_run_stores_nothing(verb: Verb, manifest: Callable[[str], str]) -> None:
    path = manifest(TWO.replace("apply-", "dry-"))
    assert "dry-a created (server dry run)" in verb("apply", "--dry-run", "server", "-f", path)[1]
    assert verb("get", "cm", "dry-a")[0] == 1


def test_create_refuses_what_exists(verb: Verb, manifest: Callable[[str], str]) -> None:
    path = manifest(TWO.replace("apply-", "create-"))
    assert verb("create", "-f", path)[0] == 0
    status, _, err = verb("create", "-f", path)
    assert status == 1
    assert "already exists" in err


def test_bad_files(verb: Verb, manifest: Callable[[str], str]) -> None:
    assert "does not exist" in verb("apply", "-f", "/no/such/file")[2]
    assert "is not YAML" in verb("apply", "-f", manifest("a: [b"))[2]
    assert "is no object" in verb("apply", "-f", manifest("- a"))[2]
    assert "no apiVersion or kind" in verb("apply", "-f", manifest("a: b"))[2]
    unknown = "apiVersion: x.io/v1\nkind: Thing\nmetadata: {name: a}\n"
    assert 'no matches for kind "Thing"' in verb("apply", "-f", manifest(unknown))[2]


def test_files_that_are_no_manifests_are_told(verb: Verb, tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    assert "is no text" in verb("apply", "-f", str(path))[2]
    path.write_text("[" * 200_000 + "]" * 200_000)
    assert "is nested too deeply" in verb("apply", "-f", str(path))[2]
