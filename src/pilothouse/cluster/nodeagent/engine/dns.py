"""Answers of the cluster's own name server, as bytes in and bytes out.

Serves `cluster.local`: A records of Services, per-Pod A records of headless Services, SRV records of named ports and the
dashed Pod names. Anything else does not exist: Pods have no way out, so nothing is forwarded. Source: RFC 1035 and the
Kubernetes DNS specification. Every length is checked; a malformed query is answered with FORMERR or not at all.
"""

from __future__ import annotations

import re
import struct

from pilothouse.cluster.nodeagent.engine.services import ServiceTable

ZONE = "cluster.local"
_TTL_S = 5
_A, _NS, _SOA, _PTR, _AAAA, _SRV, _ANY = 1, 2, 6, 12, 28, 33, 255
_HEADER = struct.Struct(">HHHHHH")
_POD = re.compile(r"^(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})\.[a-z0-9-]{1,63}\.pod$")
MAX_UDP_BYTES = 1232


def _read_name(query: bytes, offset: int) -> tuple[str, int]:
    labels: list[str] = []
    while True:
        size = query[offset]
        offset += 1
        if size == 0:
            return ".".join(labels).lower(), offset
        if size > 63 or offset + size > len(query) or len(labels) > 40:
            raise ValueError("name")
        labels.append(query[offset : offset + size].decode("ascii", "replace"))
        offset += size


def _write_name(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def _record(name: bytes, kind: int, payload: bytes) -> bytes:
    return name + struct.pack(">HHIH", kind, 1, _TTL_S, len(payload)) + payload


def _address(text: str) -> bytes:
    return bytes(int(part) for part in text.split("."))


def _is_v4(text: str) -> bool:
    parts = text.split(".")
    return len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts)


def lookup(table: ServiceTable, name: str, kind: int) -> tuple[bool, list[bytes], list[bytes]]:
    """Return whether `name` exists, the answer payloads as records for a compressed owner, and additional records."""
    owner = b"\xc0\x0c"
    if name == ZONE:
        return True, [], []
    short = name.removesuffix("." + ZONE)
    pod = _POD.match(short)
    addresses = [".".join(pod.groups())] if pod else table.names.get(short)
    if kind in {_SRV, _ANY} and short in table.ports:
        targets = table.ports[short]
        answers = [
            _record(owner, _SRV, struct.pack(">HHH", 0, 100, port) + _write_name(f"{host}.{ZONE}")) for host, port in targets
        ]
        known = [(host, ip) for host, _ in targets for ip in table.names.get(host, []) if _is_v4(ip)]
        return True, answers, [_record(_write_name(f"{host}.{ZONE}"), _A, _address(ip)) for host, ip in known]
    if addresses is None:
        is_parent = any(other.endswith("." + short) for other in table.names) or short in table.ports or short in {"svc", "pod"}
        return is_parent, [], []
    wanted = [ip for ip in addresses if _is_v4(ip)] if kind in {_A, _ANY} else []
    return True, [_record(owner, _A, _address(ip)) for ip in wanted], []


def _authority() -> bytes:
    numbers = struct.pack(">IIIII", 1, 7200, 1800, 86400, _TTL_S)
    return _record(_write_name(ZONE), _SOA, _write_name(f"ns.dns.{ZONE}") + _write_name(f"hostmaster.{ZONE}") + numbers)


def answer(query: bytes, table: ServiceTable, is_stream: bool = False, turn: int = 0) -> bytes | None:
    """Return the response to `query`, or None when the bytes are no query at all; `turn` rotates equal answers."""
    if len(query) < 12:
        return None
    ident, flags, questions, _, _, _ = _HEADER.unpack_from(query)
    if flags & 0x8000:
        return None
    base = 0x8400 | (flags & 0x0100)
    try:
        if questions != 1 or flags & 0x7800:
            raise ValueError("question")
        name, offset = _read_name(query, 12)
        kind, _ = struct.unpack_from(">HH", query, offset)
        question = query[12 : offset + 4]
        if len(question) < offset - 8:
            raise ValueError("question")
    except (ValueError, IndexError, struct.error):
        return _HEADER.pack(ident, base | 1, 0, 0, 0, 0)
    exists, answers, extra = False, list[bytes](), list[bytes]()
    if name == ZONE or name.endswith("." + ZONE):
        exists, answers, extra = lookup(table, name, kind)
    if answers:
        shift = turn % len(answers)
        answers = answers[shift:] + answers[:shift]
    authority = [] if answers else [_authority()]
    code = 0 if exists else 3
    body = question + b"".join(answers) + b"".join(authority) + b"".join(extra)
    response = _HEADER.pack(ident, base | code, 1, len(answers), len(authority), len(extra)) + body
    if not is_stream and len(response) > MAX_UDP_BYTES:
        return _HEADER.pack(ident, base | 0x0200, 1, 0, 0, 0) + question
    return response


def resolv_conf(namespace: str, policy: str, config: dict[str, list[str]], server: str) -> str:
    """Return a Pod's resolv.conf; `config` is spec.dnsConfig with nameservers, searches and options as texts."""
    if policy == "None":
        servers, searches, options = [], list[str](), list[str]()
    else:
        servers, searches, options = [server], [f"{namespace}.svc.{ZONE}", f"svc.{ZONE}", ZONE], ["ndots:5"]
    lines = [f"nameserver {ip}" for ip in [*servers, *config.get("nameservers", [])][:3]]
    searches += [item for item in config.get("searches", []) if item not in searches]
    if searches:
        lines.append("search " + " ".join(searches))
    options += config.get("options", [])
    if options:
        lines.append("options " + " ".join(options))
    return "\n".join(lines) + "\n"
