"""Compiled templates on disk: found again, private to the user, and never the reason for a failure."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pilothouse.delivery.charts import ReleaseOptions, RenderCache, RenderFailed, load_chart, render
from pilothouse.delivery.charts.adapters import codestore
from pilothouse.delivery.charts.adapters.codestore import CodeStore, private_folder
from pilothouse.delivery.charts.engine.execution import definitions
from pilothouse.kit.clock import Entropy, ManualClock

LONG = "".join(f"  k{number}: some text that makes the document long enough to be worth storing\n" for number in range(80))
FILES = {
    "Chart.yaml": b"apiVersion: v2\nname: c\nversion: 1.0.0\n",
    "values.yaml": b"a: 1\n",
    "templates/_h.tpl": b'{{ define "used" }}{{ .Values.a }}{{ end }}{{ define "unused" }}{{ .Values.b.c }}{{ end }}',
    "templates/a.yaml": b'kind: ConfigMap\nmetadata:\n  name: a\ndata:\n  a: {{ include "used" . | quote }}\n' + LONG.encode(),
    "templates/b.yaml": b'{{ if .Values.fails }}{{ include "unused" . }}{{ end }}',
}


def text(cache: RenderCache, files: dict[str, bytes] = FILES, **values: object) -> str:
    chart = load_chart(files)
    made = render(chart, release=ReleaseOptions("r", "n"), values=values, clock=ManualClock(), entropy=Entropy(1), cache=cache)
    return made.to_text()


def test_the_second_run_parses_and_compiles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = CodeStore(load_chart(FILES), tmp_path)
    first = store.open()
    wanted = text(first)
    assert first.has_news and first.heads.has_news
    store.save(first)

    def refuse(*_: object) -> None:
        raise AssertionError("parsed")

    monkeypatch.setattr(definitions, "parse_template", refuse)
    second = store.open()
    assert text(second) == wanted
    assert not second.has_news and not second.heads.has_news


def test_an_error_in_stored_code_names_its_place(tmp_path: Path) -> None:
    store, messages = CodeStore(load_chart(FILES), tmp_path), []
    for _ in range(3):
        cache = store.open()
        with pytest.raises(RenderFailed) as caught:
            text(cache, fails=True)
        messages.append(str(caught.value))
        store.save(cache)
    assert "c/templates/_h.tpl:1:74" in messages[0]
    assert messages[1:] == messages[:1] * 2


def test_only_a_file_that_changed_is_compiled(tmp_path: Path) -> None:
    store = CodeStore(load_chart(FILES), tmp_path)
    cache = store.open()
    text(cache)
    store.save(cache)
    again = store.open()
    changed = {**FILES, "templates/b.yaml": b"kind: Secret\nmetadata:\n  name: {{ .Release.Name }}\n"}
    assert "name: r" in text(again, changed)
    assert again.has_news
    fresh = {file.name for found in again.files.values() for d in found.values() if (file := d.file).trees is not None}
    assert fresh == {"c/templates/b.yaml"}


@pytest.mark.parametrize("body", [b"", b"nonsense", b"i\x01\x00\x00\x00", b"(\x00\x00\x00\x00"])
def test_a_broken_file_counts_as_missing(tmp_path: Path, body: bytes) -> None:
    store = CodeStore(load_chart(FILES), tmp_path)
    cache = store.open()
    wanted = text(cache)
    store.save(cache)
    [path] = tmp_path.iterdir()
    path.write_bytes(body)
    cache = store.open()
    assert text(cache) == wanted and cache.has_news


def test_old_files_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codestore, "MAX_FILES", 2)
    for number in range(4):
        files = {**FILES, "Chart.yaml": f"apiVersion: v2\nname: c\nversion: 1.0.{number}\n".encode()}
        store = CodeStore(load_chart(files), tmp_path)
        cache = store.open()
        text(cache, files)
        store.save(cache)
    assert len(list(tmp_path.iterdir())) == 2


def test_nothing_is_kept_without_a_folder() -> None:
    store = CodeStore(load_chart(FILES), None)
    cache = store.open()
    text(cache)
    store.save(cache)


def test_the_folder_is_the_users_alone(tmp_path: Path) -> None:
    folder = private_folder({"XDG_CACHE_HOME": str(tmp_path)})
    assert folder == tmp_path / "pilothouse" / "charts"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert private_folder({"HOME": str(tmp_path)}) == tmp_path / ".cache" / "pilothouse" / "charts"
    folder.chmod(0o777)
    assert private_folder({"XDG_CACHE_HOME": str(tmp_path)}) is None
    assert private_folder({}) is None
    assert private_folder({"PILOTHOUSE_CACHE_DIR": "relative"}) is None
    (tmp_path / "link").mkdir()
    os.symlink(tmp_path / "link", tmp_path / "charts")
    assert private_folder({"PILOTHOUSE_CACHE_DIR": str(tmp_path)}) is None
    (tmp_path / "file").write_text("")
    assert private_folder({"PILOTHOUSE_CACHE_DIR": str(tmp_path / "file")}) is None
