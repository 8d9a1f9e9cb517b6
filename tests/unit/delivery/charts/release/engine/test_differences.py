"""Differences as text, and Secrets that stay secret."""

import base64

from pilothouse.delivery.charts.release.engine.differences import diff_objects, differences_text, settled


def config(name: str, **data: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "n"}, "data": data}


def secret(**data: str) -> dict[str, object]:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "n"}, "data": encoded}


def test_what_came_went_and_changed() -> None:
    old = [config("a", x="1", y="2"), config("gone"), config("same")]
    new = [config("a", x="1", y="3"), config("new"), config("same")]
    found = diff_objects(old, new, context=0)
    assert [(each.identity.name, each.change) for each in found] == [("a", "changed"), ("new", "added"), ("gone", "removed")]
    assert differences_text(found[:1]) == 'n, a, ConfigMap (v1) has changed:\n@@ -4 +4 @@\n-   "y": "2"\n+   "y": "3"\n'
    assert all(line.startswith(("+ ", "@@")) for line in found[1].lines)
    assert len(diff_objects(old[:1], new[:1])[0].lines) == 9, "without a limit the whole object is shown"
    assert diff_objects(old, old) == []


def test_secrets_show_only_that_they_differ() -> None:
    found = diff_objects([secret(same="topsecret", other="oldpass")], [secret(same="topsecret", other="newpass1", more="x")])
    text = differences_text(found)
    for value in ("topsecret", "oldpass", "newpass1"):
        assert value not in text
        assert base64.b64encode(value.encode()).decode() not in text
    assert "same: 'REDACTED # (9 bytes)'" in text
    assert "-   other: '-------- # (7 bytes)'" in text
    assert "+   other: '++++++++ # (8 bytes)'" in text
    plain = {**secret(), "stringData": {"a": "b"}}
    assert diff_objects([secret(a="b")], [plain]) == [], "plain texts and data are one thing"
    assert base64.b64encode(b"oldpass").decode() in differences_text(diff_objects([secret(a="oldpass")], [], shows_secrets=True))


def test_what_the_server_keeps_does_not_count() -> None:
    live = config("a")
    live["metadata"] = {
        "name": "a", "namespace": "n", "uid": "u", "resourceVersion": "7",
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "secret"},
    }  # fmt: skip
    assert settled({**live, "status": {"x": 1}}) == config("a")
