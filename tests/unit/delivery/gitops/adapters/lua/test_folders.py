"""Scripts laid out as Argo CD's resource_customizations."""

from pathlib import Path

import pytest

from pilothouse.delivery.gitops.adapters.lua.folders import read_folder
from pilothouse.kit.errors import Invalid


def test_a_folder(tmp_path: Path) -> None:
    for name in ("_.example.com/_/health.lua", "a.example.com/Widget/health.lua", "Pod/health.lua",
                 "a.example.com/Widget/actions/discovery.lua", "a.example.com/Widget/actions/go/action.lua"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"return '{name}'")
    scripts = read_folder(tmp_path)
    exact, wild = scripts.of("a.example.com", "Widget", "health"), scripts.of("b.example.com", "Any", "health")
    assert exact is not None
    assert exact.health == "return 'a.example.com/Widget/health.lua'"
    assert exact.action("go") == "return 'a.example.com/Widget/actions/go/action.lua'"
    assert wild is not None
    assert wild.health == "return '_.example.com/_/health.lua'"
    assert scripts.of("", "Pod", "health") is not None
    with pytest.raises(Invalid):
        read_folder(tmp_path / "nothing")
