"""Signatures by keys of a ring; the interplay with GnuPG and helm is in tests/e2e."""

from pathlib import Path

import pytest

pysequoia = pytest.importorskip("pysequoia")

from pilothouse.delivery.charts.repository.adapters.keys import check_signature, clear_sign  # noqa: E402
from pilothouse.delivery.charts.repository.errors import SignatureInvalid  # noqa: E402


def ring(path: Path, *names: str) -> tuple[Path, Path]:
    keys = [pysequoia.Tsk.generate(name) for name in names]
    secret, public = path / f"{names[0]}-secret", path / f"{names[0]}-public"
    secret.write_bytes(b"".join(bytes(key) for key in keys))
    public.write_bytes(b"".join(bytes(key.extract_certificate()) for key in keys))
    return secret, public


def test_signed_and_checked(tmp_path: Path) -> None:
    secret, public = ring(tmp_path, "Ann <ann@example.com>", "Bob <bob@example.com>")
    message = clear_sign(b"- text\n...\nx: y\n", secret, "bob", "")
    text, names, fingerprint = check_signature(b"before\n" + message, public)
    assert text.strip() == b"- text\n...\nx: y"
    assert names == ("Bob <bob@example.com>",)
    assert len(fingerprint) == 40
    _, other = ring(tmp_path, "Eve <eve@example.com>")
    for broken, keys, problem in (
        (message.replace(b"x: y", b"x: z"), public, "openpgp"), (message, other, "openpgp"), (b"nothing", public, "not found"),
        (message, tmp_path / "none", "no such file"),
    ):  # fmt: skip
        with pytest.raises(SignatureInvalid, match=problem):
            check_signature(broken, keys)


def test_keys_that_cannot_sign(tmp_path: Path) -> None:
    secret, public = ring(tmp_path, "Ann <ann@example.com>", "Anna <anna@example.com>")
    (tmp_path / "junk").write_bytes(b"junk")
    for path, name, problem in (
        (secret, "ann", "more than one key"), (secret, "nobody", "key not found"), (public, "anna", "key not found"),
        (tmp_path / "junk", "ann", "cannot be read"),
    ):  # fmt: skip
        with pytest.raises(SignatureInvalid, match=problem):
            clear_sign(b"x\n", path, name, "")
