"""Bodies in protobuf."""

from __future__ import annotations

import pytest

from pilothouse.api.scheme.protobuf import MAGIC, decode_protobuf
from pilothouse.kit.errors import BadRequest


def field(number: int, data: bytes | str) -> bytes:
    raw = data.encode() if isinstance(data, str) else data
    assert len(raw) < 128
    return bytes((number << 3 | 2, len(raw))) + raw


def number(field_number: int, value: int) -> bytes:
    return bytes((field_number << 3, value))


def envelope(version: str, kind: str, body: bytes) -> bytes:
    return MAGIC + field(1, field(1, version) + field(2, kind)) + field(2, body)


def test_a_config_map() -> None:
    meta = field(1, "settings") + field(3, "default") + field(11, field(1, "app") + field(2, "web"))
    body = field(1, meta) + field(2, field(1, "color") + field(2, "blue")) + number(4, 1)
    tree = decode_protobuf(envelope("v1", "ConfigMap", body))
    assert (tree["apiVersion"], tree["kind"], tree["data"], tree["immutable"]) == ("v1", "ConfigMap", {"color": "blue"}, True)
    assert (tree["metadata"]["name"], tree["metadata"]["namespace"]) == ("settings", "default")
    assert tree["metadata"]["labels"] == {"app": "web"}


def test_bytes_become_base64() -> None:
    body = field(1, field(1, "s")) + field(2, field(1, "key") + field(2, b"\x00\xff"))
    assert decode_protobuf(envelope("v1", "Secret", body))["data"] == {"key": "AP8="}


def test_a_time_is_written_as_text() -> None:
    body = field(1, field(1, "x") + field(8, number(1, 1)))
    assert decode_protobuf(envelope("v1", "ConfigMap", body))["metadata"]["creationTimestamp"] == "1970-01-01T00:00:01Z"


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{}", MAGIC, MAGIC + b"\xff", MAGIC + b"\x0a\x7f", MAGIC + b"\xff" * 40, envelope("v1", "Nothing", b""),
        envelope("v1", "ConfigMap", b"\x0a\x7f"), envelope("v1", "ConfigMap", b"\x0b\x0b\x0b"),
        envelope("v1", "ConfigMap", field(1, field(1, b"\xff\xfe"))), envelope("v1", "ConfigMap", number(1, 5)),
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused(raw: bytes) -> None:
    with pytest.raises(BadRequest):
        decode_protobuf(raw)


def test_no_prefix_of_a_message_breaks_the_reader() -> None:
    whole = envelope("v1", "ConfigMap", field(1, field(1, "settings")) + field(2, field(1, "a") + field(2, "b")))
    for length in range(len(whole)):
        try:
            decode_protobuf(whole[:length])
        except BadRequest:
            continue
