"""Formats of sealed values."""

import os

import pytest

from pilothouse.store.encryption.ciphers import AesCbc, AesGcm, Cipher, Identity, Rule, Undecryptable

PATH = "/registry/core/secrets/default/a"
KEY = bytes(range(32))


@pytest.mark.parametrize("cipher", [AesGcm("k", KEY, os.urandom), AesCbc("k", KEY[:16], os.urandom), Identity()])
@pytest.mark.parametrize("plain", [b"", b"x", b"0123456789abcdef", os.urandom(100_000)])
def test_what_is_sealed_opens_again(cipher: Cipher, plain: bytes) -> None:
    sealed = cipher.seal(plain, PATH)
    assert sealed.startswith(cipher.prefix)
    assert cipher.open(sealed, PATH) == plain


def test_no_two_values_look_alike() -> None:
    for cipher in (AesGcm("k", KEY, os.urandom), AesCbc("k", KEY, os.urandom)):
        assert cipher.seal(b"same", PATH) != cipher.seal(b"same", PATH)


def test_a_value_changed_or_moved_to_another_key_does_not_open() -> None:
    cipher = AesGcm("k", KEY, os.urandom)
    sealed = cipher.seal(b"text", PATH)
    for changed, path in ((sealed[:-1] + bytes([sealed[-1] ^ 1]), PATH), (sealed[:40], PATH), (sealed, PATH + "b")):
        with pytest.raises(Undecryptable, match="cannot be decrypted with k8s:enc:aesgcm:v1:k"):
            cipher.open(changed, path)
    short = AesCbc("k", KEY, os.urandom).prefix + b"1234"
    with pytest.raises(Undecryptable):
        AesCbc("k", KEY, os.urandom).open(short, PATH)


def test_a_rule_writes_with_the_first_and_reads_with_all() -> None:
    new, old = AesGcm("new", KEY, os.urandom), AesGcm("old", KEY[::-1], os.urandom)
    rule = Rule((new, old))
    assert rule.seal(b"x", PATH).startswith(b"k8s:enc:aesgcm:v1:new:")
    assert rule.open(old.seal(b"x", PATH), PATH) == b"x"
    assert rule.is_stale(old.seal(b"x", PATH))
    assert not rule.is_stale(new.seal(b"x", PATH))
    with pytest.raises(Undecryptable, match="plain text"):
        rule.open(b"x", PATH)
    assert Rule((Identity(), old)).is_stale(old.seal(b"x", PATH)), "switching encryption off"
    with pytest.raises(Undecryptable, match="v1:new"):
        Rule((Identity(),)).open(new.seal(b"x", PATH), PATH)
