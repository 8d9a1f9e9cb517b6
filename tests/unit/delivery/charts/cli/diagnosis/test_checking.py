"""`chart check` as a user sees it."""

import json
from pathlib import Path

import pytest

from tests.conformance.charts.verbs import run_chart
from tests.unit.delivery.charts.engine.diagnosis.shop import FILES


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    for name, data in FILES.items():
        path = tmp_path / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "shop"


def test_a_good_chart(shop: Path) -> None:
    assert run_chart(["check", str(shop)]) == (0, "no problems\n", "")


def test_problems_and_exit_codes(shop: Path) -> None:
    code, out, _ = run_chart(["check", str(shop), "--set", "prot=1"])
    assert code == 0 and "did you mean port?" in out and out.endswith("1 warning\n")
    assert run_chart(["check", str(shop), "--set", "prot=1", "--strict"])[0] == 1
    code, out, _ = run_chart(["check", str(shop), "--set", "port=8080", "--unused"])
    assert code == 1 and "--> --set port=8080" in out and out.endswith("1 error, 2 warnings\n")
    code, out, _ = run_chart(["check", str(shop), "--set", "port=8080", "-o", "json"])
    [problem] = json.loads(out)
    assert (code, problem["kind"], problem["severity"]) == (1, "schema", "error")


def test_a_chart_that_is_not_there() -> None:
    code, out, err = run_chart(["check", "/nowhere"])
    assert (code, out, err) == (1, "", 'Error: path "/nowhere" not found\n')


def test_template_explains_when_asked(shop: Path) -> None:
    (shop / "templates" / "b.yaml").write_text("x: {{ .Values.imag.tag }}\n")
    code, _, plain = run_chart(["template", str(shop)])
    assert code == 1 and "-->" not in plain
    code, _, long = run_chart(["template", str(shop), "--explain"])
    assert long.startswith(plain) and "--> shop/templates/b.yaml:1:7" in long and "did you mean .Values.image?" in long
