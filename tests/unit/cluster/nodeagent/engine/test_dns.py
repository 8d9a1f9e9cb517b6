"""DNS answers, and that no bytes can break the server."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from pilothouse.cluster.nodeagent.engine.dns import answer, resolv_conf
from pilothouse.cluster.nodeagent.engine.services import ServiceTable

TABLE = ServiceTable(
    1,
    (),
    {"web.d.svc": ["10.96.0.7"], "db.d.svc": ["10.244.0.2", "10.244.0.3"], "db-0.db.d.svc": ["10.244.0.2"]},
    {"_sql._tcp.db.d.svc": [("db-0.db.d.svc", 5432)]},
)


def query(name: str, kind: int = 1) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    return struct.pack(">HHHHHH", 9, 0x100, 1, 0, 0, 0) + labels + struct.pack(">HH", kind, 1)


def ask(name: str, kind: int = 1, turn: int = 0) -> tuple[int, int, bytes]:
    response = answer(query(name, kind), TABLE, turn=turn)
    assert response is not None
    ident, flags, questions, answers, _, _ = struct.unpack_from(">HHHHHH", response)
    assert ident == 9 and flags & 0x8000 and questions == 1
    return flags & 0xF, answers, response


def test_services_pods_and_unknown_names() -> None:
    code, answers, raw = ask("web.d.svc.cluster.local")
    assert (code, answers) == (0, 1) and raw.endswith(bytes([10, 96, 0, 7]))
    assert ask("WEB.d.svc.CLUSTER.local")[:2] == (0, 1)
    assert ask("db.d.svc.cluster.local")[1] == 2
    assert ask("10-244-0-9.d.pod.cluster.local")[2].endswith(bytes([10, 244, 0, 9]))
    assert ask("none.d.svc.cluster.local")[:2] == (3, 0)
    assert ask("example.com")[:2] == (3, 0)
    assert ask("web.d.svc.cluster.local", 28)[:2] == (0, 0), "no IPv6, but the name exists"
    assert ask("d.svc.cluster.local")[:2] == (0, 0)


def test_equal_answers_rotate() -> None:
    first, second = (ask("db.d.svc.cluster.local", turn=turn)[2] for turn in (0, 1))
    assert first != second and sorted(first) == sorted(second)


def test_srv_names_the_target_and_its_address() -> None:
    code, answers, raw = ask("_sql._tcp.db.d.svc.cluster.local", 33)
    assert (code, answers) == (0, 1)
    assert struct.pack(">HHH", 0, 100, 5432) in raw and raw.endswith(bytes([10, 244, 0, 2]))


def test_a_long_answer_is_cut_on_udp_only() -> None:
    table = ServiceTable(1, (), {"big.d.svc": [f"10.244.{n // 250}.{n % 250}" for n in range(500)]})
    short = answer(query("big.d.svc.cluster.local"), table)
    full = answer(query("big.d.svc.cluster.local"), table, is_stream=True)
    assert short is not None and full is not None
    assert struct.unpack_from(">H", short, 2)[0] & 0x0200 and len(short) < 100
    assert struct.unpack_from(">H", full, 6)[0] == 500


@given(st.binary(max_size=300))
def test_any_bytes_are_survived(raw: bytes) -> None:
    response = answer(raw, TABLE)
    assert response is None or len(response) >= 12


@given(st.binary(max_size=80))
def test_any_question_is_survived(tail: bytes) -> None:
    assert answer(struct.pack(">HHHHHH", 1, 0, 1, 0, 0, 0) + tail, TABLE) is not None


def test_resolv_conf() -> None:
    text = resolv_conf("shop", "ClusterFirst", {"searches": ["x.y"], "options": ["timeout:1"]}, "10.96.0.10")
    assert text == (
        "nameserver 10.96.0.10\nsearch shop.svc.cluster.local svc.cluster.local cluster.local x.y\noptions ndots:5 timeout:1\n"
    )
    assert resolv_conf("shop", "None", {"nameservers": ["1.1.1.1"]}, "10.96.0.10") == "nameserver 1.1.1.1\n"
