"""One API server for all tests of the verbs, and a way to run them."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pilothouse.app.main import run

Verb = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cli")
    command = [sys.executable, "-m", "pilothouse", "up", "--only-api", "--store", "memory", "--data-dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "is up" in process.stdout.readline()
        yield folder
        process.terminate()


@pytest.fixture
def verb(data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Verb:
    """Run a command line and return (exit status, stdout, stderr)."""
    monkeypatch.setenv("KUBECONFIG", str(data_dir / "kubeconfig"))
    monkeypatch.setenv("PILOTHOUSE_DATA_DIR", str(data_dir))

    def call(*words: str) -> tuple[int, str, str]:
        status = run(list(words))
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


@pytest.fixture
def manifest(tmp_path: Path) -> Callable[[str], str]:
    """Write a manifest and return its path."""

    def write(text: str) -> str:
        path = tmp_path / "manifest.yaml"
        path.write_text(text)
        return str(path)

    return write
