"""Commands, identities and limits of a launch."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.oci import Execution
from pilothouse.cluster.nodeagent.engine import launch
from pilothouse.cluster.nodeagent.errors import ConfigMissing, StartFailed
from pilothouse.cluster.nodeagent.types import ContainerState, PodState

IMAGE = Execution(
    entrypoint=["/entry"], cmd=["a", "b"], env=["A=1", "PATH=/x"], working_dir="/app", user="5:6", stop_signal="SIGINT"
)


@pytest.mark.parametrize(
    ("container", "argv"),
    [
        ({}, ("/entry", "a", "b")),
        ({"args": ["$(V)"]}, ("/entry", "value")),
        ({"command": ["c"]}, ("c",)),
        ({"command": ["c"], "args": ["d"]}, ("c", "d")),
    ],
)
def test_commands(container: dict[str, Any], argv: tuple[str, ...]) -> None:
    assert launch.command_of(container, IMAGE, {"V": "value"}) == argv


def test_a_command_is_needed() -> None:
    with pytest.raises(StartFailed, match="no command specified"):
        launch.command_of({}, Execution(), {})


def test_what_the_image_says() -> None:
    assert launch.image_env(IMAGE) == {"PATH": "/x", "A": "1"} and "PATH" in launch.image_env(Execution())
    assert launch.workdir_of({}, IMAGE) == "/app" and launch.workdir_of({"workingDir": "in"}, IMAGE) == "/in"
    assert launch.stop_signal_of({}, IMAGE) == 2 and launch.stop_signal_of({}, Execution()) == 15
    assert launch.stop_signal_of({"lifecycle": {"stopSignal": "SIGUSR1"}}, IMAGE) == 10


def test_identity_container_wins_over_pod_and_image() -> None:
    pod = {"spec": {"securityContext": {"runAsUser": 7, "fsGroup": 9, "supplementalGroups": [8], "runAsNonRoot": True}}}
    assert (launch.identity_of({"spec": {}}, {}, IMAGE).uid, launch.identity_of({"spec": {}}, {}, IMAGE).gid) == (5, 6)
    found = launch.identity_of(pod, {"securityContext": {"runAsGroup": 3, "capabilities": {"add": ["CAP_NET_ADMIN"]}}}, IMAGE)
    assert (found.uid, found.gid, found.groups, found.cap_add) == (7, 3, (8, 9), ("NET_ADMIN",))
    with pytest.raises(ConfigMissing, match="non-root"):
        launch.identity_of(pod, {"securityContext": {"runAsUser": 0}}, IMAGE)


def test_limits() -> None:
    assert launch.limits_of({}) == (0, 0, 0)
    resources = {"limits": {"memory": "64Mi", "cpu": "1500m"}, "requests": {"cpu": "250m"}}
    assert launch.limits_of({"resources": resources}) == (64 << 20, 1500, 256)
    assert launch.limits_of({"resources": {"limits": {"cpu": "1"}}}) == (0, 1000, 1024)


def test_hosts_file() -> None:
    aliases = [{"ip": "1.2.3.4", "hostnames": ["a", "b"]}]
    pod = {"metadata": {"name": "db-0", "namespace": "n"}, "spec": {"subdomain": "db", "hostAliases": aliases}}
    text = launch.hosts_file(pod, "10.244.0.2")
    assert "10.244.0.2\tdb-0.db.n.svc.cluster.local\tdb-0\n" in text and text.endswith("1.2.3.4\ta\tb\n")


def test_port_conflicts_only_with_running_pods() -> None:
    pod = {"metadata": {"name": "p", "namespace": "n"}, "spec": {"containers": [{"ports": [{"containerPort": 80}]}]}}
    idle, busy = PodState("1", "n", "p"), PodState("2", "n", "p", containers={"m": ContainerState("m", is_running=True)})
    assert launch.port_conflict(pod, [(pod, idle)]) == ""
    assert launch.port_conflict(pod, [(pod, busy)]) == "port 80 is used by Pod n/p already"


@pytest.mark.parametrize(
    ("policy", "container", "is_finite"),
    [
        ("Always", {"name": "main"}, False),
        ("Never", {"name": "main"}, True),
        ("OnFailure", {"name": "main"}, True),
        ("Always", {"name": "init"}, True),
        ("Never", {"name": "init", "restartPolicy": "Always"}, False),
    ],
)
def test_which_programs_are_meant_to_end(policy: str, container: dict[str, str], is_finite: bool) -> None:
    pod = {"spec": {"restartPolicy": policy, "initContainers": [{"name": "init"}]}}
    assert launch.is_finite(pod, container) is is_finite
