"""Which container and node a request means."""

from __future__ import annotations

import pytest

from pilothouse.cluster.apiserver.errors import StatusError
from pilothouse.cluster.apiserver.subresources.targets import container_of


def pod(*names: str, init: tuple[str, ...] = ()) -> dict[str, object]:
    spec = {"containers": [{"name": name} for name in names], "initContainers": [{"name": name} for name in init]}
    return {"metadata": {"name": "p"}, "spec": {**spec, "ephemeralContainers": [{"name": "debugger"}]}}


def test_the_only_container_needs_no_name_and_any_may_be_named() -> None:
    assert container_of(pod("a", init=("i",)), "") == "a"
    assert container_of(pod("a", "b"), "debugger") == "debugger"


@pytest.mark.parametrize(
    ("target", "wanted", "text"),
    [
        (pod("a", "b"), "", "a container name must be specified for pod p, choose one of: [a b]"),
        (
            pod("a", "b", init=("i",)), "",
            "a container name must be specified for pod p, choose one of: [a b] or one of the init containers: [i]",
        ),
        (pod("a"), "z", "container z is not valid for pod p"),
    ],
)  # fmt: skip
def test_others_are_refused_in_the_words_clients_know(target: dict[str, object], wanted: str, text: str) -> None:
    with pytest.raises(StatusError) as raised:
        container_of(target, wanted)
    assert (raised.value.code, raised.value.message) == (400, text)
