"""Charts are found by index and URL, and are what the index promised."""

import hashlib
from pathlib import Path

import pytest

from pilothouse.delivery.charts import load_chart
from pilothouse.delivery.charts.errors import ChartInvalid
from pilothouse.delivery.charts.repository.adapters import settings
from pilothouse.delivery.charts.repository.errors import (
    ChartNotFound,
    DigestMismatch,
    DownloadFailed,
    RepositoryInvalid,
    SignatureInvalid,
)
from pilothouse.delivery.charts.repository.locate import Wanted, fetch_index, find_chart
from pilothouse.delivery.charts.repository.types import Credentials, Repository
from tests.unit.delivery.charts.repository.served import Site, archive, site

NAMED = Credentials("me", "pw")


def index(url: str, data: bytes, digest: str = "") -> bytes:
    digest = digest or hashlib.sha256(data).hexdigest()
    entry = f"- {{name: web, version: 1.0.0, digest: '{digest}', urls: ['{url}']}}"
    return f"apiVersion: v1\nentries:\n  web:\n  {entry}\n".encode()


def fill(here: Site, url: str = "web-1.0.0.tgz", digest: str = "") -> bytes:
    data = archive()
    here.files = {"/charts/index.yaml": index(url, data, digest), "/charts/web-1.0.0.tgz": data}
    return data


def test_by_repository_url_and_by_name() -> None:
    with site() as here:
        data = fill(here)
        url = f"{here.url}/charts/"
        assert find_chart(Wanted("web", "^1", url)).archive == data
        settings.save_repositories([Repository("r", url, NAMED)])
        with pytest.raises(ChartNotFound, match="no cached repository for r found"):
            find_chart(Wanted("r/web"))
        fetch_index(settings.repository_named("r"))
        found = find_chart(Wanted("r/web"))
        assert load_chart(found.archive).name == "web"
        assert found.file_name == "web-1.0.0.tgz"
        assert here.asked[-1][2].startswith("Basic "), "the repository's own host is told the password"
        for source, version, error in (("r/web", "2", ChartNotFound), ("x/web", "", ChartNotFound), ("web", "", ChartInvalid)):
            with pytest.raises(error):
                find_chart(Wanted(source, version))


def test_an_archive_that_is_not_the_promised_one_is_refused() -> None:
    with site() as here:
        fill(here, digest="0" * 64)
        with pytest.raises(DigestMismatch):
            find_chart(Wanted("web", "", f"{here.url}/charts"))
        with pytest.raises(SignatureInvalid, match="failed to fetch provenance"):
            find_chart(Wanted(f"{here.url}/charts/web-1.0.0.tgz", with_provenance=True))


def test_passwords_stay_with_their_host() -> None:
    with site() as here, site() as other:
        other.files = {"/web-1.0.0.tgz": archive(), "/index.yaml": b""}
        fill(here, f"{other.url}/web-1.0.0.tgz")
        find_chart(Wanted("web", "", f"{here.url}/charts", NAMED))
        assert (here.asked[0][2] != "", other.asked[0][2]) == (True, "")
        here.files["/moved.tgz"] = (302, {"Location": f"{other.url}/web-1.0.0.tgz"}, b"")
        find_chart(Wanted(f"{here.url}/moved.tgz", credentials=NAMED))
        assert (here.asked[-1][2] != "", other.asked[-1][2]) == (True, "")


def test_what_is_no_repository() -> None:
    with site() as here:
        for body, error in ((b"a: 1", RepositoryInvalid), (b"[", RepositoryInvalid), (None, DownloadFailed)):
            here.files = {} if body is None else {"/index.yaml": body}
            with pytest.raises(error):
                fetch_index(Repository("", here.url))
    for url in ("file:///etc/passwd", "ftp://e.org", "http://"):
        with pytest.raises(RepositoryInvalid):
            fetch_index(Repository("", url))
    with pytest.raises(DownloadFailed, match="Connection refused"):
        fetch_index(Repository("", "http://127.0.0.1:1"))


def test_settings_are_helms_files(home: Path) -> None:
    settings.save_repositories([Repository("r", "https://e.org", NAMED)])
    path = home / "config" / "repositories.yaml"
    assert "pass_credentials_all: false" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert settings.repositories() == [Repository("r", "https://e.org", NAMED)]
    settings.save_login("h:1", "me", "p:w")
    assert settings.registry_login("h:1") == ("me", "p:w")
    assert settings.registry_login("other") == ("", "")
    assert settings.forget_login("h:1")
    assert not settings.forget_login("h:1")
