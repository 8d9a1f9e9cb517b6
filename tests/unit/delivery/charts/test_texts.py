import pytest

from pilothouse.delivery.charts import RenderFailed, TextTemplates
from pilothouse.delivery.charts import texts as module
from pilothouse.kit.clock import Entropy, ManualClock


def refuse(text: str) -> str:
    raise ValueError(f"not {text}")


def templates() -> TextTemplates:
    return TextTemplates("base", {"refuse": ("string -> string", refuse)}, ManualClock(), Entropy(1))


def test_texts_are_filled() -> None:
    own = templates()
    assert [own.render("{{ .a | quote }}", {"a": value}) for value in ("x", "y")] == ['"x"', '"y"']
    with pytest.raises(RenderFailed, match="error calling refuse: not x"):
        own.render('{{ refuse "x" }}', {})
    with pytest.raises(RenderFailed, match="map has no entry"):
        own.render("{{ .b }}", {"a": 1}, "error")


def test_only_so_many_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_KEPT", 3)
    own = templates()
    assert [own.render(f"{{{{ .a }}}}{number}", {"a": "x"}) for number in range(10)] == [f"x{number}" for number in range(10)]
    assert len(own._kept) <= 3
