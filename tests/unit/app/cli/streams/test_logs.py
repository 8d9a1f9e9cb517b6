"""`logs` up to the point where a node is needed."""

from collections.abc import Callable

from tests.unit.app.cli.conftest import Verb

POD = """
apiVersion: v1
kind: ServiceAccount
metadata: {name: default}
---
apiVersion: v1
kind: Pod
metadata: {name: quiet}
spec: {containers: [{name: c, image: x}]}
"""


def test_a_pod_without_a_node_has_no_log_and_a_missing_one_an_error(verb: Verb, manifest: Callable[[str], str]) -> None:
    assert verb("apply", "-f", manifest(POD))[0] == 0
    assert verb("logs", "quiet", "--tail", "5", "--timestamps") == (0, "", "")
    status, _, error = verb("logs", "pod/nobody")
    assert status == 1 and 'pods "nobody" not found' in error
    assert "container z is not valid for pod quiet" in verb("logs", "quiet", "-c", "z")[2]
    assert verb("delete", "pod", "quiet")[0] == 0  # the server is shared
