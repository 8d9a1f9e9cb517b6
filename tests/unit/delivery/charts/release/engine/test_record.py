"""What is stored can be read, by parts too, and nothing else is."""

import base64
import gzip
import hashlib
import json

import pytest

from pilothouse.delivery.charts.release.engine.record import decode_release, encode_release
from pilothouse.delivery.charts.release.errors import ReleaseUnreadable
from pilothouse.delivery.charts.release.types import HookRun, Release, ReleaseHook, ReleaseInfo

FULL = Release(
    "web", "n", 3, ReleaseInfo(first_deployed="2026-01-01T00:00:00Z", status="deployed", notes="hi"),
    {"metadata": {"name": "c", "version": "1.0.0"}, "templates": [{"name": "t", "data": "eA=="}], "values": {"a": 1}},
    {"b": 2}, "---\nkind: X\n", (ReleaseHook("h", "Job", "p", "m", ("test",), HookRun(phase="Succeeded")),), "ssa",
)  # fmt: skip


def test_the_record_is_helms() -> None:
    stored = encode_release(FULL)
    tree = json.loads(gzip.decompress(base64.b64decode(stored.text)))
    assert tree["info"] == {"first_deployed": "2026-01-01T00:00:00Z", "status": "deployed", "notes": "hi"}
    assert tree["hooks"][0] == {
        "name": "h", "kind": "Job", "path": "p", "manifest": "m", "events": ["test"], "last_run": {"phase": "Succeeded"},
    }  # fmt: skip
    assert (tree["version"], tree["apply_method"], "labels" in tree) == (3, "ssa", False)
    assert decode_release(stored.text) == FULL


def test_parts_come_together_again() -> None:
    noise = "".join(hashlib.sha256(bytes([i])).hexdigest() for i in range(100))
    chart = {**FULL.chart, "templates": [{"name": "t", "data": noise}]}
    large = Release("web", "n", 1, chart=chart, manifest="m" * 10)
    stored = encode_release(large, 1500)
    assert stored.is_readable_by_helm
    assert len(stored.parts) > 1
    assert decode_release(stored.text).manifest == large.manifest, "the head alone is a release helm works with"
    assert decode_release(stored.text, stored.parts) == large
    huge = Release("web", "n", 1, chart=FULL.chart, manifest=noise)
    stored = encode_release(huge, 1500)
    assert not stored.is_readable_by_helm
    assert decode_release(stored.text, stored.parts) == huge
    with pytest.raises(ReleaseUnreadable, match="cannot be stored"):
        encode_release(Release("web", "n", 1, config={"a": noise}), 1500)


@pytest.mark.parametrize(
    "text", [b"", b"!!", base64.b64encode(b"\x1f\x8b\x08broken"), base64.b64encode(b"[]"), base64.b64encode(b'{"name": 1}')]
)
def test_what_is_no_release_is_refused(text: bytes) -> None:
    with pytest.raises(ReleaseUnreadable):
        decode_release(text)


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pilothouse.delivery.charts.release.engine.record.MAX_RECORD_BYTES", 1000)
    with pytest.raises(ReleaseUnreadable, match="larger than"):
        decode_release(base64.b64encode(gzip.compress(b" " * 100_000)))


@pytest.mark.parametrize(
    "chart",
    [
        7, {"metadata": 7}, {"metadata": {"name": 7}}, {"metadata": {"annotations": {"a": 1}}},
        {"metadata": {"dependencies": [7]}},
        {"values": [1]}, {"templates": [{"data": "x"}]}, {"schema": 1},
    ],
)  # fmt: skip
def test_shapes_go_would_not_read_are_refused(chart: object) -> None:
    text = base64.b64encode(json.dumps({"name": "x", "chart": chart}).encode())
    with pytest.raises(ReleaseUnreadable, match="is not what helm or we write"):
        decode_release(text)


def test_a_record_of_helm_3() -> None:
    run = {"started_at": "", "completed_at": "", "phase": ""}
    hook = {"name": "t", "kind": "Pod", "path": "c/t.yaml", "manifest": "kind: Pod", "events": ["test-success"], "last_run": run}
    tree = {
        "name": "old", "namespace": "n", "version": 7, "manifest": "", "config": None,
        "info": {
            "first_deployed": "2020-05-06T07:08:09.123456789+02:00", "last_deployed": "2020-05-06T07:08:09.123456789+02:00",
            "deleted": "", "description": "Install complete", "status": "deployed",
        },
        "chart": {
            "metadata": {"name": "c", "version": "1.0.0", "apiVersion": "v1"}, "lock": None,
            "templates": [{"name": "t", "data": ""}],
            "values": {}, "schema": None, "files": None,
        },
        "hooks": [{**hook, "weight": 0, "delete_policies": None}],
    }  # fmt: skip
    found = decode_release(base64.b64encode(gzip.compress(json.dumps(tree).encode())))
    assert (found.chart_name, found.apply_method, found.version) == ("c-1.0.0", "", 7)
    assert found.hooks is not None
    assert found.hooks[0].runs_on("test")
    assert decode_release(encode_release(found).text) == found
