"""Dependencies are brought, locked and built again."""

import hashlib
from pathlib import Path

import pytest

from pilothouse.delivery.charts import load_chart
from pilothouse.delivery.charts.repository.adapters import settings
from pilothouse.delivery.charts.repository.dependencies import Bringer, unpack
from pilothouse.delivery.charts.repository.errors import ChartNotFound, LockOutOfSync, RepositoryInvalid
from pilothouse.delivery.charts.repository.types import Repository
from pilothouse.kit.clock import ManualClock
from tests.unit.delivery.charts.repository.served import Site, archive, site


def parent(folder: Path, *dependencies: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "Chart.yaml").write_text(
        "apiVersion: v2\nname: p\nversion: 1.0.0\ndependencies:\n" + "\n".join(dependencies) + "\n"
    )
    return folder


def fill(here: Site, *versions: str) -> None:
    lines = []
    for version in versions:
        data = archive("web", version)
        here.files[f"/web-{version}.tgz"] = data
        digest = hashlib.sha256(data).hexdigest()
        lines.append(f"  - {{name: web, version: {version}, digest: {digest}, urls: [web-{version}.tgz]}}")
    here.files["/index.yaml"] = ("apiVersion: v1\nentries:\n  web:\n" + "\n".join(lines) + "\n").encode()


def test_update_build_and_a_lock_that_no_longer_fits(tmp_path: Path) -> None:
    said: list[str] = []
    with site() as here:
        fill(here, "1.0.0", "1.2.0", "2.0.0")
        (tmp_path / "side").mkdir()
        (tmp_path / "side" / "Chart.yaml").write_text("apiVersion: v2\nname: side\nversion: 0.3.0\n")
        settings.save_repositories([Repository("r", here.url)])
        side = "- {name: side, version: ^0.3.0, repository: 'file://../side'}"
        folder = parent(tmp_path / "p", '- {name: web, version: ^1.0.0, repository: "@r", alias: w}', side)
        bringer = Bringer(folder, ManualClock(), said.append)
        (folder / "charts").mkdir()
        (folder / "charts" / "web-0.9.0.tgz").write_bytes(archive("web", "0.9.0"))
        bringer.update()
        assert sorted(p.name for p in (folder / "charts").iterdir()) == ["side-0.3.0.tgz", "web-1.2.0.tgz"]
        assert "version: 1.2.0" in (folder / "Chart.lock").read_text()
        fill(here, "1.0.0", "1.2.0", "1.3.0")
        for path in (folder / "charts").iterdir():
            path.unlink()
        bringer.build()
        assert (folder / "charts" / "web-1.2.0.tgz").is_file(), "the lock decides, not what is newest"
        parent(folder, '- {name: web, version: ^1.3.0, repository: "@r", alias: w}', side)
        with pytest.raises(LockOutOfSync):
            bringer.build()
        assert len(load_chart(folder).dependencies) == 2
        assert "Saving 2 charts\n" in said


def test_what_cannot_be_had_changes_nothing(tmp_path: Path) -> None:
    with site() as here:
        fill(here, "1.0.0")
        cases = {
            f"- {{name: web, version: '>2', repository: '{here.url}'}}": (ChartNotFound, "not found in"),
            f"- {{name: none, version: '1', repository: '{here.url}'}}": (ChartNotFound, "not found in repo"),
            "- {name: web, version: '1', repository: stable}": (RepositoryInvalid, "no repository definition"),
            "- {name: web, version: '1', repository: '@nobody'}": (RepositoryInvalid, "no repository definition"),
            "- {name: web, version: '1', repository: 'file://../none'}": (ChartNotFound, "not found"),
            "- {name: web, version: '1', repository: ''}": (ChartNotFound, "not found"),
        }
        for index, (line, (error, text)) in enumerate(cases.items()):
            folder = parent(tmp_path / f"p{index}", line)
            with pytest.raises(error, match=text):
                Bringer(folder, ManualClock(), lambda text: None).update()
            assert [path.name for path in folder.iterdir()] == ["Chart.yaml"]
    with pytest.raises(ChartNotFound, match="unable to detect chart"):
        Bringer(tmp_path / "none", ManualClock(), lambda text: None).update()


def test_archives_are_unpacked_into_a_folder_of_their_own(tmp_path: Path) -> None:
    data = archive("web", "1.0.0", **{"templates/a.yaml": "a: 1\n"})
    assert (unpack(data, tmp_path) / "templates" / "a.yaml").read_text() == "a: 1\n"
    with pytest.raises(RepositoryInvalid, match="already exists"):
        unpack(data, tmp_path)
