"""The distribution protocol where a real registry does not misbehave: wrong digests, tokens, pages, refusals."""

import json

import pytest

from pilothouse.delivery.charts.repository.adapters.registry import Registry
from pilothouse.delivery.charts.repository.engine.manifest import digest_of, manifest_bytes
from pilothouse.delivery.charts.repository.errors import ChartNotFound, DigestMismatch, DownloadFailed
from pilothouse.delivery.charts.repository.types import Credentials, Reference
from tests.unit.delivery.charts.repository.served import Site, site

DATA = b"archive"
MANIFEST = manifest_bytes({"apiVersion": "v2", "name": "web", "version": "1.0.0"}, DATA, None, "now")


def registry(here: Site, **credentials: str) -> Registry:
    return Registry(here.url.removeprefix("http://"), Credentials(is_plain=True, **credentials))  # type: ignore[arg-type]


def place(here: Site, **more: str) -> Reference:
    return Reference(here.url.removeprefix("http://"), "c/web", **more)


def test_content_is_checked() -> None:
    with site() as here:
        here.files = {"/v2/c/web/manifests/1.0.0": MANIFEST, f"/v2/c/web/blobs/{digest_of(DATA)}": DATA}
        archive, provenance, digest = registry(here).pull(place(here, tag="1.0.0"))
        assert (archive, provenance, digest) == (DATA, None, digest_of(MANIFEST))
        here.files[f"/v2/c/web/blobs/{digest_of(DATA)}"] = b"another"
        with pytest.raises(DigestMismatch):
            registry(here).pull(place(here, tag="1.0.0"))
        wrong = "sha256:" + "0" * 64
        here.files[f"/v2/c/web/manifests/{wrong}"] = MANIFEST
        with pytest.raises(DigestMismatch):
            registry(here).manifest(place(here, digest=wrong))
        with pytest.raises(ChartNotFound):
            registry(here).manifest(place(here, tag="2"))


def test_tokens_and_refusals() -> None:
    with site() as here:
        challenge = f'Bearer realm="{here.url}/token?a=b",service="s",scope="repository:c/web:pull"'
        here.files = {
            "/v2/": (401, {"WWW-Authenticate": challenge}, b'{"errors": [{"code": "DENIED", "message": "who are you"}]}'),
            "/token?a=b&service=s&scope=repository%3Ac%2Fweb%3Apull": json.dumps({"token": "t"}).encode(),
        }
        with pytest.raises(DownloadFailed, match=r"401 \(DENIED: who are you\)"):
            registry(here, username="me", password="pw").check()
        assert [auth.partition(" ")[0] for _, _, auth in here.asked] == ["Basic", "Basic", "Bearer"]
        here.files = {"/v2/": (401, {}, b"\xff")}
        with pytest.raises(DownloadFailed, match="answered 401"):
            registry(here).check()


def test_tags_come_in_pages() -> None:
    with site() as here:
        here.files = {
            "/v2/c/web/tags/list": (200, {"Link": '</v2/c/web/tags/list?last=a>; rel="next"'}, b'{"tags": ["a"]}'),
            "/v2/c/web/tags/list?last=a": b'{"tags": ["b"]}',
        }
        assert registry(here).tags("c/web") == ["a", "b"]
        with pytest.raises(ChartNotFound):
            registry(here).tags("none")
