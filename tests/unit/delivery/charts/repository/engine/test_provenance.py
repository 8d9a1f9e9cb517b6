"""What a provenance file states."""

import pytest

from pilothouse.delivery.charts.repository.engine.provenance import check_statement, statement
from pilothouse.delivery.charts.repository.errors import SignatureInvalid


def test_there_and_back() -> None:
    text = statement({"apiVersion": "v2", "name": "web", "version": "1.0.0"}, "web-1.0.0.tgz", b"data")
    assert check_statement(text, "web-1.0.0.tgz", b"data").startswith("sha256:3a6eb0790f39ac87")
    assert check_statement(text.replace(b"\n", b"\r\n"), "web-1.0.0.tgz", b"data")
    for name, data, problem in (("x.tgz", b"data", "does not contain a SHA"), ("web-1.0.0.tgz", b"other", "does not match")):
        with pytest.raises(SignatureInvalid, match=problem):
            check_statement(text, name, data)


@pytest.mark.parametrize("text", [b"", b"a\n...\n[", b"a\n...\nfiles: 7", b"a\n...\n- 1"])
def test_broken_texts(text: bytes) -> None:
    with pytest.raises(SignatureInvalid):
        check_statement(text, "x", b"")
