"""Bare mirrors of Git repositories on disk: everything here blocks, and runs off the event loop.

Called by `GitMirrors`, which loads this module with the first Application that needs it: libgit2 costs a tenth of a start.
Nothing is ever executed from a repository.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pygit2

from pilothouse.delivery.gitops.adapters.git.callbacks import Callbacks
from pilothouse.delivery.gitops.adapters.git.limits import Limits
from pilothouse.delivery.gitops.engine.sources.access import Access
from pilothouse.delivery.gitops.engine.sources.revisions import is_short_commit
from pilothouse.delivery.gitops.engine.sources.urls import is_ssh
from pilothouse.delivery.gitops.errors import RepositoryUnavailable, RevisionNotFound, SourceNotSupported
from pilothouse.delivery.gitops.types.source import is_local
from pilothouse.kit.clock import Clock

CONNECT_TIMEOUT_MS = 15_000
SILENCE_TIMEOUT_MS = 60_000
"""A server that says nothing for so long is given up, so that it cannot hold the threads of the others."""
MAX_REFERENCES = 100_000
_REFSPECS = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]
_FAILURES = (pygit2.GitError, OSError, ValueError, KeyError)
Heads = dict[str, str]


class Repositories:
    """The mirrors below one directory."""

    def __init__(self, root: Path, clock: Clock, limits: Limits | None = None) -> None:
        """Keep mirrors below `root`."""
        self._root, self._clock, self._limits = root, clock, limits or Limits()
        pygit2.settings.server_connect_timeout = CONNECT_TIMEOUT_MS
        pygit2.settings.server_timeout = SILENCE_TIMEOUT_MS

    def trust_hosts(self, known_hosts: str) -> None:
        """Let ssh servers be known by these lines, and by those of the user who runs this process."""
        home = self._root / "home"
        own = Path(os.path.expanduser("~")) / ".ssh" / "known_hosts"
        users = own.read_text(encoding="utf-8", errors="replace") if own.is_file() else ""
        (home / ".ssh").mkdir(parents=True, exist_ok=True)
        aside = home / ".ssh" / f"known_hosts.{os.getpid()}"
        aside.write_text(f"{known_hosts.rstrip()}\n{users}", encoding="utf-8")
        aside.rename(home / ".ssh" / "known_hosts")
        pygit2.settings.homedir = str(home)

    def path_of(self, url: str) -> Path:
        """Return where the mirror of a repository is."""
        return self._root / hashlib.sha256(url.encode()).hexdigest()[:32]

    def open(self, url: str) -> pygit2.Repository:
        """Return the mirror of a repository, empty when it is new."""
        path = self.path_of(url)
        if not (path / "HEAD").exists():
            self._create(path, url)
        return pygit2.Repository(str(path))

    def _create(self, path: Path, url: str) -> None:
        """Make a mirror aside and move it into place: a half-made one is never used."""
        aside = path.with_name(f"{path.name}.new")
        for leftover in (aside, path):
            shutil.rmtree(leftover, ignore_errors=True)
        aside.mkdir(parents=True)
        pygit2.init_repository(str(aside), bare=True).remotes.create("origin", url, "+refs/heads/*:refs/heads/*")
        aside.rename(path)

    def heads(self, url: str, access: Access) -> Heads:
        """Return the references the server has now; raises `RepositoryUnavailable`."""

        def ask(remote: Any, callbacks: Callbacks, proxy: Any) -> Heads:
            heads = remote.list_heads(callbacks=callbacks, proxy=proxy)
            if len(heads) > MAX_REFERENCES:
                raise RepositoryUnavailable(f"repository {url} has more than {MAX_REFERENCES} references")
            return {_field(head, "name"): str(_field(head, "oid")) for head in heads}

        found: Heads = self._exchange(url, access, ask)
        with suppress(OSError):
            os.utime(self.path_of(url))
        return found

    def fetch(self, url: str, access: Access, reference: str = "") -> None:
        """Bring branches and tags, or one reference of another kind; raises `RepositoryUnavailable`."""
        is_special = bool(reference) and reference != "HEAD" and not reference.startswith(("refs/heads/", "refs/tags/"))
        specs = [f"+{reference}:{reference}"] if is_special else _REFSPECS
        prune = pygit2.enums.FetchPrune.NO_PRUNE if is_special else pygit2.enums.FetchPrune.PRUNE
        self._exchange(
            url, access, lambda remote, callbacks, proxy: remote.fetch(specs, callbacks=callbacks, prune=prune, proxy=proxy)
        )

    def _exchange(self, url: str, access: Access, talk: Callable[[Any, Callbacks, Any], Any]) -> Any:
        if access.refused:
            raise SourceNotSupported(
                f"Secret {access.secret}: {access.refused} are not supported", fix="use a user name with a token, or an ssh key"
            )
        deadline = self._clock.monotonic() + self._limits.timeout_s
        now = self._clock.now()
        started = self._clock.monotonic()

        def moment() -> float:
            return now + self._clock.monotonic() - started

        callbacks = Callbacks(access, url, moment, now + deadline - started, self._limits.max_bytes)
        proxy: Any = None if is_local(url) or is_ssh(url) else access.proxy or True
        try:
            return talk(self.open(url).remotes["origin"], callbacks, proxy)
        except _FAILURES as error:
            raise RepositoryUnavailable(f"repository {url} cannot be fetched: {error}", fix=_advice(url, str(error))) from error

    def has(self, url: str, commit: str) -> bool:
        """Whether the mirror has a commit already."""
        return commit in self.open(url)

    def commit_of(self, url: str, revision: str) -> str:
        """Return the commit an id, the beginning of one, or a tag's id stands for; raises `RevisionNotFound`."""
        try:
            if is_short_commit(revision):
                return str(self.open(url).revparse_single(revision).peel(pygit2.Commit).id)
        except (KeyError, pygit2.GitError, ValueError):
            pass
        raise RevisionNotFound(f"repository {url} has no revision {revision!r}", fix="check spec.source.targetRevision")

    def remove(self, url: str) -> None:
        """Remove the mirror of a repository."""
        shutil.rmtree(self.path_of(url), ignore_errors=True)

    def remove_older(self, max_age_s: float) -> None:
        """Remove mirrors nobody looked at for so long."""
        for path in self._root.glob("[0-9a-f]*"):
            with suppress(OSError):
                if path.is_dir() and self._clock.now() - path.stat().st_mtime > max_age_s:
                    shutil.rmtree(path, ignore_errors=True)


def _field(head: Any, name: str) -> Any:
    return head[name] if isinstance(head, dict) else getattr(head, name)


def _advice(url: str, problem: str) -> str:
    if "certificate" in problem.lower() or "hostkey" in problem:
        where = "argocd-ssh-known-hosts-cm" if is_ssh(url) else "argocd-tls-certs-cm"
        return f"add the server's {'host key' if is_ssh(url) else 'certificate or its CA'} to ConfigMap {where}"
    return "check the URL, the network and the credentials"
