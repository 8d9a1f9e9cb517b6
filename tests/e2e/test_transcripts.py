"""Client programs against `pilothouse up`: every row of the transcripts in kubectl/, helm/ and kopf/ is a test.

A row runs after the rows before it, so a single test can be chosen. `make test` runs the newest kubectl; `make e2e` also runs the
table with the older kubectl, helm, and operators written with kopf (all from tools/install_clients.sh).
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.platform import platform
from tests.e2e.transcript import Scenario, Session, difference, read

HERE = Path(__file__).parent
SCENARIOS = {
    folder: {path.stem: read(path) for path in sorted((HERE / folder).glob("*.txt"))} for folder in ("kubectl", "helm", "kopf")
}
NEWEST = Path(sys.executable).parent
OLDER = Path(sys.prefix) / "clients" / "programs"
"""kubectl 1.35 and helm 4."""
KOPF = Path(sys.prefix) / "clients" / "bin"
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


class Sessions:
    """The scenarios of one run of the platform."""

    def __init__(self, kubeconfig: Path, home: Path) -> None:
        self.kubeconfig, self.home = kubeconfig, home
        self.current: Session | None = None

    def of(self, scenario: Scenario, *programs: Path) -> Session:
        """Return the session of a scenario with the programs of some directories; the one before it is over."""
        directory = self.home / f"{programs[0].name}-{scenario.name}"
        if self.current is None or self.current.directory != directory:
            self.close()
            directory.mkdir(parents=True)
            self.current = Session(scenario, directory, self.kubeconfig, ":".join(map(str, programs)))
        return self.current

    def close(self) -> None:
        if self.current is not None:
            self.current.close()


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sessions]:
    with platform() as running:
        yield Sessions(running.kubeconfig, tmp_path_factory.mktemp("transcripts"))


def rows(folder: str) -> list[object]:
    return [
        pytest.param(scenario, index, id=f"{scenario.name}:{row.line} {row.command[:50]}")
        for scenario in SCENARIOS[folder].values()
        for index, row in enumerate(scenario.rows)
    ]


def check(session: Session, index: int, *, is_newest: bool = True) -> None:
    found = difference(session.scenario.rows[index], session.run_row(index), is_newest=is_newest)
    assert not found, f"another answer than in the transcript:\n{found}"


def need(program: str, programs: Path) -> None:
    if shutil.which(program, path=str(programs)) is None:
        assert not os.environ.get("CI"), f"{program} is missing in {programs}"
        pytest.skip(f"{program} is missing; `make e2e` installs it")


@pytest.mark.parametrize(("scenario", "index"), rows("kubectl"))
def test_kubectl(sessions: Sessions, scenario: Scenario, index: int) -> None:
    need("kubectl", NEWEST)
    check(sessions.of(scenario, NEWEST), index)


@pytest.mark.clients
@pytest.mark.parametrize(("scenario", "index"), rows("kubectl"))
def test_older_kubectl(sessions: Sessions, scenario: Scenario, index: int) -> None:
    need("kubectl", OLDER)
    check(sessions.of(scenario, OLDER), index, is_newest=False)


@pytest.mark.clients
@pytest.mark.parametrize(("scenario", "index"), rows("helm"))
def test_helm(sessions: Sessions, scenario: Scenario, index: int) -> None:
    need("helm", OLDER)
    check(sessions.of(scenario, OLDER), index)


@pytest.mark.clients
@pytest.mark.parametrize(("scenario", "index"), rows("kopf"))
def test_kopf(sessions: Sessions, scenario: Scenario, index: int) -> None:
    need("kopf", KOPF)
    check(sessions.of(scenario, NEWEST, KOPF), index)
