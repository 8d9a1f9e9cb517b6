"""SPDY/3.1 frames against bytes of the specification and of a recorded client."""

import zlib

import pytest

from pilothouse.wire.spdy import frames
from pilothouse.wire.spdy.frames import DICTIONARY, Frame, FrameReader, FrameWriter, Malformed


def test_the_dictionary_is_the_one_of_the_specification() -> None:
    assert len(DICTIONARY) == 1423
    assert zlib.adler32(DICTIONARY) == 0xE3C6A7C2


def test_frames_without_headers_are_fixed_bytes() -> None:
    writer = FrameWriter()
    assert writer.encode(Frame(frames.PING, value=7)).hex() == "800300060000000400000007"
    assert writer.encode(Frame(frames.RST_STREAM, 3, value=5)).hex() == "80030003000000080000000300000005"
    assert writer.encode(Frame(frames.DATA, 1, frames.FIN, data=b"hi")).hex() == "00000001010000026869"
    assert writer.encode(Frame(frames.WINDOW_UPDATE, 1, value=65536)).hex() == "80030009000000080000000100010000"


def test_headers_share_one_compression_over_frames() -> None:
    writer, reader = FrameWriter(), FrameReader()
    first = writer.encode(Frame(frames.SYN_STREAM, 1, headers={"streamtype": "error", "port": "8000", "requestid": "0"}))
    second = writer.encode(Frame(frames.SYN_STREAM, 3, frames.FIN, {"streamtype": "data", "port": "8000", "requestid": "0"}))
    assert len(second) < len(first)
    whole = first + second
    found = [frame for start in range(len(whole)) for frame in reader.feed(whole[start : start + 1])]
    assert [(frame.kind, frame.stream, frame.flags) for frame in found] == [(1, 1, 0), (1, 3, 1)]
    assert found[1].headers == {"streamtype": "data", "port": "8000", "requestid": "0"}


def test_a_block_compressed_by_another_library_is_read() -> None:
    plain = b"\0\0\0\1\0\0\0\4Port\0\0\0\2" + b"80"
    squeeze = zlib.compressobj(9, zdict=DICTIONARY)
    block = squeeze.compress(plain) + squeeze.flush(zlib.Z_SYNC_FLUSH)
    head = bytes.fromhex("80030002") + (4 + len(block)).to_bytes(4, "big") + b"\0\0\0\5"
    assert [*FrameReader().feed(head + block)] == [Frame(frames.SYN_REPLY, 5, headers={"port": "80"})]


def test_settings_and_unknown_kinds_are_skipped() -> None:
    skipped = bytes.fromhex("800300040000000400000000" + "8003000b00000000")
    ping = FrameWriter().encode(Frame(frames.PING, value=1))
    assert [frame.kind for frame in FrameReader().feed(skipped + ping)] == [frames.PING]


def bomb() -> bytes:
    squeeze = zlib.compressobj(9, zdict=DICTIONARY)
    block = squeeze.compress(b"\0\0\0\1\0\0\0\1a\0\x20\0\0" + b"x" * (2 << 20)) + squeeze.flush(zlib.Z_SYNC_FLUSH)
    return bytes.fromhex("80030002") + (4 + len(block)).to_bytes(4, "big") + b"\0\0\0\5" + block


@pytest.mark.parametrize(
    "data",
    [
        bytes.fromhex("80020006000000040000000100"),  # version 2
        bytes.fromhex("00000001ffffffff"),  # 16 MB in one frame
        bytes.fromhex("800300030000000400000001"),  # a reset without its status
        bytes.fromhex("8003000100000012") + b"\0" * 10 + b"not zlib",
        bytes.fromhex("8003000600000000"),  # an empty ping
        bomb(),
    ],
)
def test_damaged_frames_are_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        list(FrameReader().feed(data))
