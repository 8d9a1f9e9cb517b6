"""The wire form of etcd's messages."""

import pytest

from pilothouse.store.etcd import messages
from pilothouse.store.etcd.messages import BadMessage, KeyValue


def test_requests_are_what_etcd_documents() -> None:
    assert messages.range_request(b"a", b"b", revision=300, limit=2) == b"\n\x01a\x12\x01b\x18\x02 \xac\x02"
    assert messages.range_request(b"a", is_newest=True) == b"\n\x01a(\x020\x03@\x01"
    write = messages.write_request(b"k", 0, b"v", 7)
    assert write == b"\n\x07\x10\x02\x1a\x01k0\x00\x12\x0a\x12\x08\n\x01k\x12\x01v\x18\x07\x1a\x05\n\x03\n\x01k"
    assert messages.write_request(b"k", None, None) == b"\x12\x05\x1a\x03\n\x01k\x1a\x05\n\x03\n\x01k"
    assert messages.watch_request(b"k", b"l", 5) == b"\n\x0c\n\x01k\x12\x01l\x18\x050\x01@\x01"
    assert messages.compact_request(5) == b"\x08\x05"
    assert messages.grant_request(60) == b"\x08\x3c"


def test_answers_are_read_and_unknown_fields_skipped() -> None:
    header = b"\n\x04\x08\x01\x18\x09"
    entry = b"\n\x01k\x10\x02\x18\x03\x20\x01*\x01v"
    found = messages.read_range(
        header + b"\x12" + bytes([len(entry)]) + entry + b"\x18\x01\x20\x05" + b"\x7a\x01x" + b"\x81\x01" + b"\0" * 8
    )
    assert (found.revision, found.has_more, found.count) == (9, True, 5)
    assert found.entries == [KeyValue(b"k", b"v", 3, 2)]
    assert messages.read_write(header + b"\x10\x01").is_done
    refused = messages.read_write(header + b"\x1a\x10\n\x0e\x12" + bytes([len(entry)]) + entry)
    assert (refused.is_done, refused.found) == (False, KeyValue(b"k", b"v", 3, 2))
    assert messages.read_watch(header + b"\x20\x01\x28\x07\x32\x03why").compacted == 7
    change = b"\x08\x01\x12" + bytes([len(entry)]) + entry + b"\x1a" + bytes([len(entry)]) + entry
    seen = messages.read_watch(header + b"\x38\x01\x5a" + bytes([len(change)]) + change)
    assert seen.is_fragment and seen.changes[0].is_delete and seen.changes[0].before == KeyValue(b"k", b"v", 3, 2)
    assert messages.read_grant(b"\x10\x2a") == 42


@pytest.mark.parametrize("data", [b"\n", b"\n\x05ab", b"\x08", b"\x08\xff", b"\x08" + b"\xff" * 12, b"\x0b\x00", b"\x09\x00"])
def test_bytes_that_are_no_message_are_refused(data: bytes) -> None:
    with pytest.raises(BadMessage):
        list(messages.fields(data))
