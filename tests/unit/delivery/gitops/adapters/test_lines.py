"""`pilothouse app health --stdin`: as many answers as lines, whatever is on them."""

import json
from pathlib import Path

import pytest

from pilothouse.delivery.gitops.adapters.lines import judge_lines
from pilothouse.delivery.gitops.adapters.lua.folders import read_folder


def answers(*lines: object, folder: Path | None = None) -> list[tuple[str, str]]:
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    found = [json.loads(line) for line in judge_lines(raw, read_folder(folder) if folder else None)]
    assert len(found) == len(lines)
    return [(each["status"], each["message"]) for each in found]


def test_every_line_is_answered() -> None:
    issuer = {"apiVersion": "cert-manager.io/v1", "kind": "Issuer"}
    found = answers(
        issuer, {"apiVersion": "v1", "kind": "Service"}, {"apiVersion": "v1", "kind": "ConfigMap"}, b"", b"[]", b"{", b"\xff",
        {"kind": 1}, b'{"kind": "Pod", "apiVersion": "v1", "spec": ' + b"9" * 400 + b"}", b"[" * 100_000,
        {**issuer, "status": {"conditions": [{"type": "Ready", "status": "True", "message": "\ud800"}]}},
    )  # fmt: skip
    assert found[:3] == [("Progressing", "Initializing issuer"), ("Healthy", ""), ("", "")]
    assert {status for status, _ in found[3:10]} == {"Unknown"}
    assert all(message for _, message in found[3:10])
    assert found[10] == ("Healthy", "\ud800")


def test_scripts_of_a_folder_come_before_the_table(tmp_path: Path) -> None:
    pytest.importorskip("lupa")
    for kind, script in (("Issuer", "return {status = 'Suspended', message = obj.kind}"), ("Certificate", "error('no')")):
        place = tmp_path / "cert-manager.io" / kind
        place.mkdir(parents=True)
        (place / "health.lua").write_text(script)
    issuer = {"apiVersion": "cert-manager.io/v1", "kind": "Issuer"}
    certificate = {"apiVersion": "cert-manager.io/v1", "kind": "Certificate"}
    going = {**issuer, "metadata": {"deletionTimestamp": "now"}}
    found = answers(issuer, going, certificate, {"apiVersion": "v1", "kind": "Service"}, folder=tmp_path)
    assert found[:2] == [("Suspended", "Issuer"), ("Progressing", "Pending deletion")]
    assert found[2][0] == "Unknown"
    assert "no" in found[2][1]
    assert found[3] == ("Healthy", "")
