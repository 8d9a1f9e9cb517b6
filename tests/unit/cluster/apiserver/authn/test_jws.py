"""Signed tokens: every algorithm holds with its key and with no other."""

from __future__ import annotations

import orjson
import pytest

from pilothouse.cluster.apiserver.authn.jws import ALGORITHMS, BadToken, b64, is_signed_by, parse, read_keys, unb64
from tests.unit.cluster.apiserver.authn.signer import Signer

SIGNERS = {
    "RS": Signer("rsa", "r"),
    "P-256": Signer("P-256", "e2"),
    "P-384": Signer("P-384", "e3"),
    "P-521": Signer("P-521", "e5"),
}
CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
SET = orjson.dumps({"keys": [signer.jwk() for signer in SIGNERS.values()]})


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_each_algorithm_holds_with_its_own_key_only(algorithm: str) -> None:
    signer = SIGNERS[CURVES.get(algorithm, "RS")]
    token = parse(signer.sign({"sub": "jane"}, algorithm))
    assert [key.key_id for key in read_keys(SET) if is_signed_by(token, key)] == [signer.key_id]
    head, body, _ = signer.sign({"sub": "jane"}, algorithm).split(".")
    forged = parse(f"{head}.{b64(orjson.dumps({'sub': 'root'}))}.{signer.sign({'sub': 'jane'}, algorithm).split('.')[2]}")
    assert body and not any(is_signed_by(forged, key) for key in read_keys(SET))


def test_an_algorithm_that_is_no_signature_never_holds() -> None:
    signer = SIGNERS["RS"]
    for algorithm in ("none", "HS256", "", "rs256"):
        token = parse(signer.sign({"sub": "jane"}, "RS256", header={"alg": algorithm}))
        assert not any(is_signed_by(token, key) for key in read_keys(SET))


def test_a_key_for_one_algorithm_is_not_used_for_another() -> None:
    signer = SIGNERS["RS"]
    keys = read_keys(orjson.dumps({"keys": [{**signer.jwk(), "alg": "PS256"}]}))
    assert not is_signed_by(parse(signer.sign({}, "RS256")), keys[0])
    assert is_signed_by(parse(signer.sign({}, "PS256")), keys[0])


@pytest.mark.parametrize(
    "text", ["", "a.b", "a.b.c.d", "!.!.!", "e30.W10.eA", "W10.e30.eA", "e30.e30.eA", "x" * 20000, "eyJhbGciOjF9.e30.eA"]
)
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(BadToken):
        parse(text)


def test_critical_extensions_are_refused() -> None:
    with pytest.raises(BadToken):
        parse(SIGNERS["RS"].sign({}, "RS256", header={"crit": ["b64"]}))


def test_every_character_of_base64_counts() -> None:
    assert unb64(b64(b"\xfb\xff")) == b"\xfb\xff"
    for text in ("YW$Jj", "YWJj\n", "Y"):
        with pytest.raises(ValueError, match=r"."):
            unb64(text)


def test_unusable_keys_are_left_out_and_no_set_is_an_error() -> None:
    weak = Signer("rsa1024", "weak").jwk()
    entries = [weak, {"kty": "oct", "k": "AAAA"}, {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, {"kty": "RSA"}, 3]
    assert read_keys(orjson.dumps({"keys": entries})) == ()
    assert read_keys(orjson.dumps({"keys": [{**SIGNERS["RS"].jwk(), "use": "enc"}]})) == ()
    for raw in (b"", b"[]", b"{}", b'{"keys": 3}', orjson.dumps({"keys": [{}] * 101})):
        with pytest.raises(ValueError, match=r"key"):
            read_keys(raw)
