"""The verbs on repositories, from an index to a search."""

import argparse
from pathlib import Path

import pytest

from pilothouse.delivery.charts import cli
from tests.unit.delivery.charts.repository.served import archive, site


def run(*argv: str) -> int:
    parser = argparse.ArgumentParser()
    cli.register(parser.add_subparsers())
    args = parser.parse_args(["chart", *argv])
    return int(args.run(args))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONFIG", "CACHE"):
        monkeypatch.setenv(f"HELM_{name}_HOME", str(tmp_path / name.lower()))


def test_a_repository_from_its_index_to_a_pull(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "charts"
    folder.mkdir()
    for version in ("1.0.0", "1.1.0"):
        (folder / f"web-{version}.tgz").write_bytes(archive("web", version))
    assert run("repo", "index", str(folder)) == 0
    with site() as here:
        here.files = {f"/{path.name}": path.read_bytes() for path in folder.iterdir()}
        assert run("repo", "add", "r", here.url) == run("repo", "add", "r", here.url) == 0
        assert run("repo", "add", "r", f"{here.url}/x") == 1
        assert run("repo", "update") == 0
        capfd.readouterr()
        assert run("search", "repo", "WEB") == 0
        assert capfd.readouterr().out.splitlines()[1].split("\t")[:2] == ["r/web", "1.1.0        "]
        assert run("search", "repo", "-l", "-o", "json") == 0
        assert capfd.readouterr().out.count('"name":"r/web"') == 2
        assert run("pull", "r/web", "--version", "1.0.0", "-d", str(tmp_path)) == 0
        assert (tmp_path / "web-1.0.0.tgz").is_file()
        assert run("show", "chart", "r/web") == 0
        assert "version: 1.1.0" in capfd.readouterr().out
        assert run("template", "t", "r/web") == 0
    assert run("repo", "update") == 1
    assert "Unable to get an update" in capfd.readouterr().out
    assert run("repo", "remove", "r") == 0
    for argv, problem in (
        (("repo", "list"), "no repositories to show"), (("repo", "update"), "no repositories found"),
        (("search", "repo"), "no repositories configured"), (("repo", "remove", "r"), 'no repo named "r" found'),
        (("repo", "add", "a/b", "http://127.0.0.1:1"), "contains '/'"), (("repo", "index", "/none"), "is no folder"),
        (("repo", "add", "a", "http://127.0.0.1:1"), "is not a valid chart repository or cannot be reached"),
        (("push", "x.tgz", "https://e.org"), "scheme prefix missing"), (("verify", "none.tgz"), "could not load chart"),
        (("registry", "logout", "h"), "not logged in"), (("registry", "login", "h"), "a name and a password are needed"),
        (("pull", "oci://h/UP"), "invalid reference"),
    ):  # fmt: skip
        assert run(*argv) == 1, argv
        assert problem in capfd.readouterr().err
