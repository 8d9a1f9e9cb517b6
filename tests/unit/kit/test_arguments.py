import subprocess
import sys

import pytest

from pilothouse.kit.arguments import Parser, terminal_width


@pytest.mark.parametrize(("columns", "width"), [("120", 118), ("10", 38), ("many", 78)])
def test_the_width_is_the_terminals(columns: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr("os.get_terminal_size", _no_terminal)
    terminal_width.cache_clear()
    assert terminal_width() == width
    terminal_width.cache_clear()


def _no_terminal(_: int) -> None:
    raise OSError("no terminal")


def test_flags_do_not_load_archive_formats() -> None:
    code = "from pilothouse.kit.arguments import Parser; import sys; Parser().add_argument('--x'); print('shutil' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_help_is_argparses(capsys: pytest.CaptureFixture[str]) -> None:
    parser = Parser(prog="it")
    parser.add_argument("--flag", help="does it")
    parser.print_help()
    assert "--flag FLAG  does it" in capsys.readouterr().out
