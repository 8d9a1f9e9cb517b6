"""The files of volumes."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.cluster.nodeagent.engine.env import Sources
from pilothouse.cluster.nodeagent.engine.volumes import (
    VolumeInputs,
    persistent_path,
    references_of,
    render_volume,
    tokens_of,
)
from pilothouse.cluster.nodeagent.errors import MountFailed

POD: dict[str, Any] = {"metadata": {"name": "p", "namespace": "n", "labels": {"a": "1"}}, "spec": {"containers": [{"name": "m"}]}}
MAPS = {"cfg": {"data": {"a": "1", "b": "2"}}}
INPUTS = VolumeInputs(Sources(MAPS.get, {"s": {"data": {"k": "djE="}}}.get), {}, lambda audience, _s: f"token-{audience}")


def files(volume: dict[str, Any]) -> dict[str, tuple[bytes, int]]:
    return {path: (file.content, file.mode) for path, file in render_volume(POD, {"name": "v", **volume}, INPUTS).items()}


def test_config_maps_and_secrets() -> None:
    assert files({"configMap": {"name": "cfg", "defaultMode": 0o600}}) == {"a": (b"1", 0o600), "b": (b"2", 0o600)}
    items = [{"key": "a", "path": "deep/x", "mode": 0o400}]
    assert files({"configMap": {"name": "cfg", "items": items}}) == {"deep/x": (b"1", 0o400)}
    assert files({"secret": {"secretName": "s"}}) == {"k": (b"v1", 0o644)}
    assert files({"secret": {"secretName": "none", "optional": True}}) == {}


def test_projected_and_downward() -> None:
    sources = [
        {"serviceAccountToken": {"path": "token", "audience": "x"}},
        {"configMap": {"name": "cfg", "items": [{"key": "b", "path": "b"}]}},
        {"downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
    ]
    assert files({"projected": {"sources": sources}}) == {
        "token": (b"token-x", 0o600),
        "b": (b"2", 0o644),
        "labels": (b'a="1"', 0o644),
    }


@pytest.mark.parametrize(
    ("volume", "message"),
    [
        ({"configMap": {"name": "none"}}, 'configmap "none" not found'),
        ({"configMap": {"name": "cfg", "items": [{"key": "z", "path": "z"}]}}, "non-existent config key: z"),
        ({"configMap": {"name": "cfg", "items": [{"key": "a", "path": "../x"}]}}, "leaves the volume"),
        ({"configMap": {"name": "cfg", "items": [{"key": "a", "path": "/x"}]}}, "leaves the volume"),
        ({"projected": {"sources": [{"clusterTrustBundle": {}}]}}, "cannot hold"),
    ],
)
def test_refusals(volume: dict[str, Any], message: str) -> None:
    with pytest.raises(MountFailed, match=message):
        files(volume)


def test_claims() -> None:
    bound = {"status": {"phase": "Bound"}, "spec": {"volumeName": "pv"}}
    assert persistent_path("c", bound, {"metadata": {}, "spec": {"local": {"path": "/x"}}}) == "/x"
    assert persistent_path("c", bound, {"metadata": {}, "spec": {"hostPath": {"path": "/y"}}}) == "/y"
    for claim, volume, message in (
        (None, None, "not found"), ({"status": {"phase": "Pending"}}, None, "not bound"),
        (bound, {"metadata": {"name": "pv"}, "spec": {"csi": {}}}, "cannot mount"),
    ):  # fmt: skip
        with pytest.raises(MountFailed, match=message):
            persistent_path("c", claim, volume)


def test_references() -> None:
    part = {"projected": {"sources": [{"secret": {"name": "p"}}, {"serviceAccountToken": {"expirationSeconds": 99}}]}}
    pod = {"spec": {"volumes": [{"configMap": {"name": "c"}}, {"secret": {"secretName": "s"}}, part]}}
    assert references_of(pod) == ({"c"}, {"s", "p"}) and tokens_of(pod) == [("", 99)]
