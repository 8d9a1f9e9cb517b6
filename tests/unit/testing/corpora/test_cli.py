"""`pilothouse corpus`: one answer for each line, whatever is on it."""

import io
import json

import pytest

from pilothouse.app import main
from pilothouse.testing import corpora


def test_every_line_is_answered(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(corpora.MODULES, "json", "tests.unit.testing.corpora.mirrored")
    lines = ['{"a": 1}', "not json", "[]", '{"fail": true}', '{"skip": 1}']
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines) + "\n"))
    assert main.run(["corpus", "json", "--stdin"]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert answers[0] == {"a": 1}
    assert [sorted(answer) for answer in answers[1:4]] == [["error"]] * 3
    assert answers[4] == corpora.SKIP


def test_an_unknown_corpus_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["corpus", "nothing", "--stdin"]) == 1
    assert "there is no corpus 'nothing'" in capsys.readouterr().err
