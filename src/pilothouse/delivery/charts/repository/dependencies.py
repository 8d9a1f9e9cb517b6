"""Bring the charts a chart needs into its `charts/` folder, in the versions its lock names or the newest that fit."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pilothouse.delivery.charts import load_chart
from pilothouse.delivery.charts.adapters.package import write_archive
from pilothouse.delivery.charts.engine.chart.dependencies import requirement_fits
from pilothouse.delivery.charts.engine.chart.loading import plain_text
from pilothouse.delivery.charts.engine.yaml.reader import YamlError, read_yaml
from pilothouse.delivery.charts.repository.adapters import settings
from pilothouse.delivery.charts.repository.engine.index import best_version, choose
from pilothouse.delivery.charts.repository.engine.lock import Requirement, is_in_sync, lock_digest, lock_text, locked
from pilothouse.delivery.charts.repository.engine.references import is_registry, read_reference, version_of_tag
from pilothouse.delivery.charts.repository.errors import ChartNotFound, LockOutOfSync, RepositoryInvalid
from pilothouse.delivery.charts.repository.locate import Wanted, fetch_index, find_chart, registry_of
from pilothouse.delivery.charts.repository.types import Credentials, Index, Repository
from pilothouse.delivery.charts.types import Chart
from pilothouse.kit.clock import Clock, rfc3339_micro
from pilothouse.kit.errors import PilothouseError

Say = Callable[[str], object]
Requirements = list[Requirement]
_ALIASES = ("@", "alias:")


class Bringer:
    """Brings the dependencies of the chart in one folder."""

    def __init__(
        self, folder: Path, clock: Clock, say: Say, credentials: Credentials | None = None, *, refresh: bool = True
    ) -> None:
        """Work on the chart in `folder`; `refresh`: ask repositories for their newest index first."""
        self._folder, self._clock, self._say, self._credentials = folder, clock, say, credentials or Credentials()
        self._refresh = refresh
        self._indexes: dict[str, Index] = {}

    def update(self) -> None:
        """Choose the newest versions that fit, bring them, and write Chart.lock when it changed."""
        chart, lock = self._chart()
        wanted = self._requirements(chart)
        if not wanted:
            return
        self._update_indexes(wanted)
        chosen = self._resolve(wanted)
        self._bring(chosen)
        if not isinstance(lock, dict) or lock.get("digest") != lock_digest(wanted, chosen):
            name = "requirements.lock" if chart.metadata.get("apiVersion") == "v1" else "Chart.lock"
            text = lock_text(wanted, chosen, rfc3339_micro(self._clock.now()))
            (self._folder / name).write_text(text, encoding="utf-8")

    def build(self) -> None:
        """Bring what Chart.lock names; raises LockOutOfSync. Without a lock this is `update`."""
        chart, lock = self._chart()
        if lock is None:
            self.update()
            return
        wanted = self._requirements(chart)
        if not is_in_sync(wanted, lock):
            raise LockOutOfSync(
                "the lock file (Chart.lock) is out of sync with the dependencies file (Chart.yaml). Please update the "
                "dependencies with 'helm dependency update'",
                fix=f"pilothouse chart dependency update {self._folder}",
            )
        chosen = locked(lock)
        self._update_indexes(chosen)
        self._bring(chosen)

    def _chart(self) -> tuple[Chart, dict[str, Any] | None]:
        chart = load_chart({"Chart.yaml": self._file("Chart.yaml"), **self._old_requirements()})
        name = "requirements.lock" if chart.metadata.get("apiVersion") == "v1" else "Chart.lock"
        path = self._folder / name
        if not path.is_file():
            return chart, None
        try:
            lock = read_yaml(path.read_text(encoding="utf-8"))
        except (YamlError, UnicodeDecodeError) as error:
            raise RepositoryInvalid(f"{path} cannot be read: {error}") from None
        return chart, lock if isinstance(lock, dict) else None

    def _file(self, name: str) -> bytes:
        try:
            return (self._folder / name).read_bytes()
        except OSError:
            raise ChartNotFound(f"unable to detect chart at {self._folder}: open {self._folder / name}: no such file") from None

    def _old_requirements(self) -> dict[str, bytes]:
        path = self._folder / "requirements.yaml"
        return {"requirements.yaml": path.read_bytes()} if path.is_file() else {}

    def _requirements(self, chart: Chart) -> Requirements:
        """Return the dependencies with the URLs of repositories that are named by alias; raises RepositoryInvalid."""
        known = settings.repositories()
        found: Requirements = []
        for item in chart.metadata.get("dependencies") or ():
            url = plain_text(item.get("repository") or "")
            for mark in _ALIASES:
                if url.startswith(mark):
                    name = url.removeprefix(mark)
                    repository = next((each for each in known if each.name == name), None)
                    if repository is None:
                        raise RepositoryInvalid(f"no repository definition for {url}. Please add them via 'helm repo add'")
                    url = repository.url
            if url and "://" not in url:
                raise RepositoryInvalid(
                    f"no repository definition for {url}. Please add them via 'helm repo add'",
                    fix='write its URL, or "@name" of one that was added',
                )
            found.append({**item, "repository": url})
        return found

    def _repository(self, url: str) -> Repository:
        named = next((each for each in settings.repositories() if each.url.rstrip("/") == url.rstrip("/")), None)
        return named or Repository("", url, self._credentials)

    def _update_indexes(self, wanted: Requirements) -> None:
        urls = sorted(
            {str(item["repository"]) for item in wanted if str(item.get("repository")).startswith(("http://", "https://"))}
        )
        if not urls:
            return
        if self._refresh:
            self._say("Hang tight while we grab the latest from your chart repositories...\n")
        for url in urls:
            repository = self._repository(url)
            if repository.name and not self._refresh:
                self._indexes[url] = settings.cached_index(repository.name)
                continue
            self._indexes[url] = fetch_index(repository)
            shown = repository.name or url
            self._say(f'...Successfully got an update from the "{shown}" chart repository\n')
        if self._refresh:
            self._say("Update Complete. ⎈Happy Helming!⎈\n")

    def _resolve(self, wanted: Requirements) -> Requirements:
        missing: list[str] = []
        chosen: Requirements = []
        for item in wanted:
            version = self._version(item)
            if version is None:
                missing.append(f'"{item["name"]}" (repository "{item["repository"]}", version "{item.get("version", "")}")')
            else:
                chosen.append({"name": item["name"], "repository": item["repository"], "version": version})
        if missing:
            raise ChartNotFound(
                f"can't get a valid version for {len(missing)} subchart(s): {', '.join(missing)}. Make sure a matching chart "
                "version exists in the repo, or change the version constraint in Chart.yaml"
            )
        return chosen

    def _version(self, item: Requirement) -> str | None:
        name, url, constraint = str(item["name"]), str(item["repository"]), plain_text(item.get("version") or "")
        if not url:
            if not (self._folder / "charts" / name).exists():
                raise ChartNotFound(f"directory {self._folder / 'charts' / name} not found")
            return constraint
        if url.startswith("file://"):
            chart = load_chart(self._local(url))
            return str(chart.metadata["version"]) if requirement_fits(item, chart) else None
        if is_registry(url):
            reference = read_reference(f"{url}/{name}")
            tags = registry_of(reference.host, self._credentials).tags(reference.path)
            return best_version((version_of_tag(tag) for tag in tags), constraint)
        index = self._indexes[url]
        if name not in index.entries:
            raise ChartNotFound(f"{name} chart not found in repo {url}")
        return choose(index, name, constraint, url).version

    def _local(self, url: str) -> Path:
        path = Path(url.removeprefix("file://"))
        target = path if path.is_absolute() else self._folder / path
        if not target.exists():
            raise ChartNotFound(f"directory {target} not found")
        return target

    def _bring(self, chosen: Requirements) -> None:
        """Fetch everything beside the folder, then put it in place: a failure changes nothing."""
        self._say(f"Saving {len(chosen)} charts\n")
        target = self._folder / "charts"
        with tempfile.TemporaryDirectory(prefix=".charts-", dir=self._folder) as work:
            for item in chosen:
                self._save(item, Path(work))
            target.mkdir(exist_ok=True)
            fresh = {path.name for path in Path(work).iterdir()}
            self._drop_outdated(target, chosen, fresh)
            for name in sorted(fresh):
                os.replace(Path(work) / name, target / name)

    def _save(self, item: Requirement, work: Path) -> None:
        name, url, version = str(item["name"]), str(item.get("repository") or ""), plain_text(item.get("version") or "")
        if not url:
            self._say(f"Dependency {name} did not declare a repository. Assuming it exists in the charts directory\n")
            chart = load_chart(self._folder / "charts" / name)
            if not requirement_fits(item, chart):
                have = chart.metadata["version"]
                raise ChartNotFound(f"dependency {name} at version {have} does not satisfy the constraint {version}")
            return
        if url.startswith("file://"):
            archive = write_archive(load_chart(self._local(url)), self._clock.now())
        else:
            self._say(f"Downloading {name} from repo {url}\n")
            archive = self._download(name, url, version)
        chart = load_chart(archive)
        if chart.name != name:
            raise RepositoryInvalid(f"the archive of {name} holds chart {chart.name}")
        (work / f"{name}-{chart.metadata['version']}.tgz").write_bytes(archive)

    def _download(self, name: str, url: str, version: str) -> bytes:
        if is_registry(url):
            found = find_chart(Wanted(f"{url}/{name}", version, credentials=self._credentials))
        else:
            repository = self._repository(url)
            found = find_chart(Wanted(name, version, repository_url=url, credentials=repository.credentials))
        return found.archive

    def _drop_outdated(self, target: Path, chosen: Requirements, fresh: set[str]) -> None:
        """Remove archives of these charts in other versions; unpacked folders and charts of nobody stay."""
        names = {str(item["name"]) for item in chosen if item.get("repository")}
        for path in target.glob("*.tgz"):
            if path.name in fresh:
                continue
            try:
                chart = load_chart(path)
            except PilothouseError:
                continue
            if chart.name in names:
                path.unlink()


def unpack(archive: bytes, target: Path) -> Path:
    """Write the files of an archive below `target`, in a folder of the chart's name; returns it."""
    from pilothouse.delivery.charts.adapters.archive import read_archive

    files = read_archive(archive)
    name = load_chart(archive).name
    folder = target / name
    if folder.exists():
        raise RepositoryInvalid(f"failed to untar: a file or directory with the name {folder} already exists")
    try:
        for path, data in files.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder
