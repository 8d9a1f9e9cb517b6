"""Downloads are bounded and follow redirects no further than is safe."""

import pytest

from pilothouse.delivery.charts.repository.adapters.http import fetch
from pilothouse.delivery.charts.repository.errors import DownloadFailed, RepositoryInvalid
from pilothouse.delivery.charts.repository.types import Credentials
from tests.unit.delivery.charts.repository.served import site


def test_bounds() -> None:
    with site() as here:
        here.files = {
            "/a": b"x" * 100,
            "/loop": (302, {"Location": "/loop"}, b""),
            "/out": (302, {"Location": "file:///etc/passwd"}, b""),
        }
        assert fetch(f"{here.url}/a", Credentials(), 100) == b"x" * 100
        with pytest.raises(DownloadFailed, match="larger than 99"):
            fetch(f"{here.url}/a", Credentials(), 99)
        for path in ("loop", "out", "none"):
            with pytest.raises(DownloadFailed):
                fetch(f"{here.url}/{path}", Credentials(), 100)


def test_certificates_that_are_not_there() -> None:
    with pytest.raises(RepositoryInvalid, match="certificate files"):
        fetch("https://127.0.0.1:1/", Credentials(ca_file="/none.pem"), 1)
