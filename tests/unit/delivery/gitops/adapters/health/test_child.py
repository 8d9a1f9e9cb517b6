"""Probes that are Python entry points."""

import asyncio
from pathlib import Path

import pytest

from pilothouse.delivery.gitops.engine.probes import Answer
from tests.unit.delivery.gitops.adapters.health.servers import ask

ROOT = Path(__file__).resolve().parents[6]


def test_the_example_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dist = tmp_path / "orders_probe-1.dist-info"
    dist.mkdir()
    (dist / "METADATA").write_text("Metadata-Version: 2.1\nName: orders-probe\nVersion: 1\n")
    (dist / "entry_points.txt").write_text("[pilothouse.health_probes]\norders = orders_probe:probe\n")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{ROOT / 'examples' / 'health-probes'}")
    found = asyncio.run(ask({"entryPoint": {"name": "orders"}, "timeout": 30}))
    assert found == Answer(True, "default/shop has no limit of orders", "Healthy")
    missing = asyncio.run(ask({"entryPoint": {"name": "nobody"}, "timeout": 30}))
    assert missing == Answer(None, "it ended with status 1: no installed package has a health probe nobody")
