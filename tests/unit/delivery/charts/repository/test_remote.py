"""What GitOps asks of repositories: versions, archives, missing dependencies."""

import io
import tarfile

import orjson
import pytest

from pilothouse.delivery.charts import Credentials, load_chart, remote, set_value
from pilothouse.delivery.charts.repository.engine.manifest import digest_of
from pilothouse.delivery.charts.repository.errors import ChartNotFound, RepositoryInvalid
from tests.unit.delivery.charts.repository.served import archive, site

INDEX = """apiVersion: v1
entries:
  web:
  - {name: web, version: 1.0.0, urls: [web-1.0.0.tgz]}
  - {name: web, version: 1.1.0, urls: [web-1.1.0.tgz]}
"""


def test_versions_and_archives_of_a_repository() -> None:
    with site() as served:
        served.files["/index.yaml"] = INDEX.encode()
        served.files["/web-1.1.0.tgz"] = archive("web", "1.1.0")
        assert remote.chart_versions(served.url, "web", Credentials()) == ["1.1.0", "1.0.0"]
        assert load_chart(remote.fetch_chart(served.url, "web", "1.1.0", Credentials())).metadata["version"] == "1.1.0"
        with pytest.raises(ChartNotFound, match="has no chart 'other'"):
            remote.chart_versions(served.url, "other", Credentials())


def _layer(**files: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def _artifact(layer: bytes, media_type: str) -> bytes:
    item = {"mediaType": media_type, "digest": digest_of(layer), "size": len(layer)}
    return orjson.dumps({"schemaVersion": 2, "layers": [item]})


def test_artefacts_of_a_registry() -> None:
    with site() as served:
        url = f"oci://{served.url.removeprefix('http://')}/team/app"
        layer = _layer(**{"./a.yaml": b"one", "d/b.yaml": b"two"})
        manifest = _artifact(layer, "application/vnd.oci.image.layer.v1.tar+gzip")
        digest = digest_of(manifest)
        served.files["/v2/team/app/manifests/v1"] = served.files[f"/v2/team/app/manifests/{digest}"] = manifest
        served.files[f"/v2/team/app/blobs/{digest_of(layer)}"] = layer
        served.files["/v2/team/app/tags/list"] = b'{"tags": ["v1", "1.0.0_b"]}'
        plain = Credentials(is_plain=True)
        assert remote.artifact_digest(url, "v1", plain) == digest == remote.artifact_digest(url, digest, plain)
        assert remote.fetch_artifact(url, digest, plain) == {"a.yaml": b"one", "d/b.yaml": b"two"}
        assert remote.chart_versions(url, "", plain) == ["v1", "1.0.0+b"]
        for bad in (_layer(**{"../x": b""}), b"\x1f\x8bnonsense"):
            manifest = _artifact(bad, "application/vnd.oci.image.layer.v1.tar+gzip")
            served.files[f"/v2/team/app/manifests/{digest_of(manifest)}"] = manifest
            served.files[f"/v2/team/app/blobs/{digest_of(bad)}"] = bad
            with pytest.raises(RepositoryInvalid, match=r"leaves the artefact|cannot be unpacked"):
                remote.fetch_artifact(url, digest_of(manifest), plain)
        for manifest in (b"{", b"[]", _artifact(layer, "text/plain")):
            served.files[f"/v2/team/app/manifests/{digest_of(manifest)}"] = manifest
            with pytest.raises(RepositoryInvalid, match="layer"):
                remote.fetch_artifact(url, digest_of(manifest), plain)


def test_dependencies_come_in_the_version_of_the_lock() -> None:
    files = {
        "Chart.yaml": b"apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n"
        b"- {name: a, version: ^1.0.0, repository: https://h}\n- {name: b, version: 2.x, repository: https://h}\n",
        "Chart.lock": b"dependencies:\n- {name: a, version: 1.2.3, repository: https://h}\n",
    }
    found = [(each.name, each.version) for each in remote.lacking(files)]
    assert found == [("a", "1.2.3"), ("b", "2.x")]
    vendored = {
        **files,
        "charts/a-1.2.3.tgz": archive("a", "1.2.3"),
        "charts/b/Chart.yaml": b"apiVersion: v2\nname: b\nversion: 2.0.0\n",
    }
    assert remote.lacking(vendored) == []
    with pytest.raises(RepositoryInvalid, match="lock cannot be read"):
        remote.lacking({**files, "Chart.lock": b"a: ["})


def test_values_are_set_as_flags_do() -> None:
    values: dict[str, object] = {}
    set_value(values, "set", "a.b=1,c={x,y}")
    set_value(values, "set-string", "s=1")
    set_value(values, "set-file", "f=name", lambda path: f"content of {path}")
    assert values == {"a": {"b": 1}, "c": ["x", "y"], "s": "1", "f": "content of name"}


def test_a_mapping_has_its_helmignore() -> None:
    files = {
        "Chart.yaml": b"apiVersion: v2\nname: c\nversion: 1.0.0\n",
        ".helmignore": b"ci/\n*.bak\n",
        "ci/x.yaml": b"",
        "a.bak": b"",
    }
    assert {file.name for file in load_chart(files).files} == {".helmignore"}
