"""`chart values explain` as a user sees it."""

import json
from pathlib import Path

import pytest

from pilothouse.delivery.charts.cli.diagnosis.explaining import parse_path, shown
from tests.conformance.charts.verbs import run_chart
from tests.unit.delivery.charts.engine.diagnosis.shop import FILES


@pytest.fixture
def shop(tmp_path: Path) -> str:
    for name, data in FILES.items():
        path = tmp_path / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return str(tmp_path / "shop")


def test_layers(shop: str) -> None:
    code, out, _ = run_chart(["values", "explain", shop, ".Values.db.user", "--set", "db.user=me"])
    assert code == 0
    assert out == (
        'db.user = "me"\n'
        '  set by      --set db.user=me              "me"\n'
        '  was         shop/values.yaml:7            "shop"\n'
        '  was         shop/charts/db/values.yaml:1  "admin"\n'
    )


def test_numbers_of_flags_are_numbers(shop: str) -> None:
    assert run_chart(["values", "explain", shop, "port", "--set", "port=8"])[1].startswith("port = 8\n")
    assert json.loads(run_chart(["values", "explain", shop, "port", "--set", "port=8", "-o", "json"])[1])["value"] == 8


def test_what_was_deleted(shop: str) -> None:
    code, out, _ = run_chart(["values", "explain", shop, "image.tag", "--set", "image.tag=null"])
    assert code == 0 and out.splitlines()[:2] == ["image.tag is not set", "  deleted by  --set image.tag=null"]
    _, out, _ = run_chart(["values", "explain", shop, "image.tag", "--set", "image.tag=null", "-o", "json"])
    document = json.loads(out)
    assert document["isSet"] is False and [step["action"] for step in document["layers"]] == ["deleted", "set"]


def test_what_nobody_sets(shop: str) -> None:
    assert run_chart(["values", "explain", shop, "image.tga"]) == (
        1, "", "Error: no layer sets image.tga; did you mean image.tag?\n",
    )  # fmt: skip
    assert run_chart(["values", "explain", shop, "zzz.yyy"])[2] == "Error: no layer sets zzz.yyy\n"


def test_paths_and_values() -> None:
    assert parse_path(r".Values.a\.b.c") == ("a.b", "c") and parse_path("a.b") == ("a", "b")
    assert shown(3.0) == "3" and shown({"a": 1.5}) == '{"a":1.5}' and len(shown("x" * 500)) == 100
