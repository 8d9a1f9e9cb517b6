"""The digest of a lock is helm's: this one was written by helm 4.1.4."""

from pilothouse.delivery.charts.repository.engine.lock import is_in_sync, lock_digest, lock_text

WANTED = [
    {
        "name": "web", "version": ">=0.1.0 <1", "repository": "http://127.0.0.1:8879", "condition": "a.b", "tags": ["x"],
        "import-values": ["data", {"parent": "z", "child": "a"}], "alias": "w",
    },
    {"name": "par2", "version": "^0.1.0", "repository": "file://../par2"},
]  # fmt: skip
CHOSEN = [
    {"name": "web", "repository": "http://127.0.0.1:8879", "version": "0.1.0"},
    {"name": "par2", "repository": "file://../par2", "version": "0.1.3"},
]
DIGEST = "sha256:77219fedb54b56c6c2f1055fd87b93005dd0ac378df110caa921ae3dac7178d1"


def test_digest_and_text() -> None:
    assert lock_digest(WANTED, CHOSEN) == DIGEST
    assert is_in_sync(WANTED, {"digest": DIGEST, "dependencies": CHOSEN})
    assert not is_in_sync(WANTED, {"digest": DIGEST, "dependencies": CHOSEN[:1]})
    assert lock_text(WANTED, CHOSEN[1:], "now").startswith("dependencies:\n- name: par2\n  repository: file://../par2\n")


def test_a_lock_of_another_shape_is_out_of_sync() -> None:
    for dependencies in (7, [7], {"a": 1}, None):
        assert not is_in_sync(WANTED, {"digest": DIGEST, "dependencies": dependencies})
    assert lock_digest([{"name": "x", "tags": 7}], []).startswith("sha256:")
