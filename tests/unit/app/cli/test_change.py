"""`patch`, `label`, `annotate`, `scale`: one object, changed a little."""

import json
from collections.abc import Callable

from tests.unit.app.cli.conftest import Verb

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: change}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: c, image: i}]}
"""


def test_changes(verb: Verb, manifest: Callable[[str], str]) -> None:
    assert verb("apply", "-f", manifest(DEPLOYMENT))[0] == 0
    assert verb("label", "deploy", "change", "x=1", "y=2")[1] == "deployment.apps/change labeled\n"
    assert verb("label", "deploy/change", "x-")[0] == 0
    assert verb("annotate", "deploy/change", "note=text")[1] == "deployment.apps/change annotated\n"
    assert verb("scale", "deploy/change", "--replicas", "4")[1] == "deployment.apps/change scaled\n"
    patch = "spec: {template: {spec: {containers: [{name: c, image: new}]}}}"
    assert verb("patch", "deploy", "change", "-p", patch)[1] == "deployment.apps/change patched\n"
    tree = json.loads(verb("get", "deploy", "change", "-o", "json")[1])
    assert tree["metadata"]["labels"] == {"y": "2"}
    assert tree["metadata"]["annotations"]["note"] == "text"
    assert (tree["spec"]["replicas"], tree["spec"]["template"]["spec"]["containers"][0]["image"]) == (4, "new")


def test_refusals(verb: Verb) -> None:
    assert "no change was named" in verb("label", "deploy/change")[2]
    assert "exactly one object" in verb("scale", "deploy", "--replicas", "1")[2]
    assert verb("scale", "deploy/none", "--replicas", "1")[0] == 1


def test_a_patch_that_cannot_be_read_is_told(verb: Verb) -> None:
    assert "neither JSON nor YAML" in verb("patch", "deploy", "change", "-p", "{bad")[2]
