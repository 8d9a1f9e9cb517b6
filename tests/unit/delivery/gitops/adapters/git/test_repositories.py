"""Repositories over every transport: https with a password, a token and an own CA, ssh with a key, and what goes wrong."""

import asyncio
import getpass
import ssl
from pathlib import Path

import pytest

from pilothouse.delivery.gitops.adapters.git import GitMirrors, Limits, jittered
from pilothouse.delivery.gitops.adapters.git.repositories import Repositories
from pilothouse.delivery.gitops.engine.sources.access import Access
from pilothouse.delivery.gitops.errors import CredentialsInvalid, RepositoryUnavailable, SourceNotSupported
from pilothouse.kit.clock import ManualClock, SystemClock
from pilothouse.wire.tls import create_authority, issue, write_pair
from tests.unit.delivery.gitops.adapters.git.served import basic, http_server, ssh_server
from tests.unit.delivery.gitops.adapters.test_git import git


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "served" / "app.git"
    folder.mkdir(parents=True)
    (folder / "a.yaml").write_text("one")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    return folder.parent


def head(root: Path) -> str:
    return git(root / "app.git", "rev-parse", "HEAD")


def resolve(mirrors: GitMirrors, url: str, access: Access | None = None) -> str:
    return asyncio.run(mirrors.resolve(url, "main", access))


def test_a_password_over_http(root: Path, tmp_path: Path) -> None:
    with http_server(root, basic("me", "secret")) as server:
        url = f"http://127.0.0.1:{server.server_port}/app.git/.git"
        assert resolve(GitMirrors(tmp_path / "m"), url, Access(url, username="me", password="secret")) == head(root)
        with pytest.raises(RepositoryUnavailable, match="refuses the credentials"):
            resolve(GitMirrors(tmp_path / "m"), url, Access(url, username="me", password="wrong", secret="creds"))
        with pytest.raises(RepositoryUnavailable, match="there are none"):
            resolve(GitMirrors(tmp_path / "m"), url)


def test_a_token_over_http(root: Path, tmp_path: Path) -> None:
    with http_server(root, "Bearer t0ken") as server:
        url = f"http://127.0.0.1:{server.server_port}/app.git/.git"
        assert resolve(GitMirrors(tmp_path / "m"), url, Access(url, bearer_token="t0ken")) == head(root)


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, str]:
    authority = create_authority("tests", SystemClock().now())
    pair = issue(authority, "git", SystemClock().now(), names=("localhost", "127.0.0.1"), is_server=True)
    certificate, key = write_pair(tmp_path / "tls", "git", pair)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, authority.certificate_pem.decode()


def test_https_with_an_own_authority(root: Path, tmp_path: Path, tls: tuple[ssl.SSLContext, str]) -> None:
    with http_server(root, basic("me", "secret"), tls[0]) as server:
        url = f"https://127.0.0.1:{server.server_port}/app.git/.git"
        access = Access(url, username="me", password="secret", ca=tls[1])
        assert resolve(GitMirrors(tmp_path / "m"), url, access) == head(root)
        other = create_authority("other", SystemClock().now()).certificate_pem.decode()
        for bad in ("", other, "no certificate"):
            with pytest.raises(RepositoryUnavailable, match="certificate") as failure:
                resolve(GitMirrors(tmp_path / "m"), url, Access(url, username="me", password="secret", ca=bad))
            assert "argocd-tls-certs-cm" in failure.value.fix
        insecure = Access(url, username="me", password="secret", is_insecure=True)
        assert resolve(GitMirrors(tmp_path / "m"), url, insecure) == head(root)


def test_ssh_with_a_key_and_known_hosts(root: Path, tmp_path: Path) -> None:
    with ssh_server(tmp_path / "sshd") as (port, key, known_hosts):
        url = f"ssh://{getpass.getuser()}@127.0.0.1:{port}{root}/app.git"
        access = Access(url, ssh_private_key=key)
        mirrors = GitMirrors(tmp_path / "m")
        asyncio.run(mirrors.trust_hosts(""))
        with pytest.raises(RepositoryUnavailable) as failure:
            resolve(mirrors, url, access)
        assert "argocd-ssh-known-hosts-cm" in failure.value.fix
        mirrors = GitMirrors(tmp_path / "m")
        asyncio.run(mirrors.trust_hosts(known_hosts))
        assert resolve(mirrors, url, access) == head(root)
        asyncio.run(mirrors.trust_hosts(""))
        assert resolve(GitMirrors(tmp_path / "n"), url, Access(url, ssh_private_key=key, is_insecure=True)) == head(root)
        with pytest.raises(CredentialsInvalid, match="sshPrivateKey of Secret s cannot be read"):
            resolve(GitMirrors(tmp_path / "m"), url, Access(url, ssh_private_key="nonsense", secret="s", is_insecure=True))


def test_one_look_serves_all_who_ask_within_the_interval(root: Path, tmp_path: Path) -> None:
    async def run(url: str) -> int:
        clock = ManualClock()
        mirrors = GitMirrors(tmp_path / "m", clock)
        for _ in range(1000):
            await mirrors.resolve(url, "main", max_age_s=120)
        await clock.advance(130)
        for _ in range(1000):
            await mirrors.resolve(url, "main", max_age_s=120)
        return mirrors.exchanges

    with http_server(root) as server:
        assert asyncio.run(run(f"http://127.0.0.1:{server.server_port}/app.git/.git")) == 2
        assert len(server.requests) <= 4


def test_a_failing_server_is_left_alone_for_a_while(tmp_path: Path) -> None:
    async def run() -> None:
        clock = ManualClock()
        mirrors, url = GitMirrors(tmp_path / "m", clock), "http://127.0.0.1:1/app.git"
        for _ in range(5):
            with pytest.raises(RepositoryUnavailable):
                await mirrors.resolve(url, "main", max_age_s=120)
        assert mirrors.exchanges == 1
        await clock.advance(6)
        for _ in range(2):
            with pytest.raises(RepositoryUnavailable):
                await mirrors.resolve(url, "main", max_age_s=120)
        await clock.advance(6)
        with pytest.raises(RepositoryUnavailable):
            await mirrors.resolve(url, "main", max_age_s=120)
        assert mirrors.exchanges == 2, "the second wait is longer"
        with pytest.raises(RepositoryUnavailable):
            await mirrors.resolve(url, "main")
        assert mirrors.exchanges == 3, "who asks for a refresh gets one"

    asyncio.run(run())


def test_a_silent_host_does_not_hold_up_others(root: Path, tmp_path: Path) -> None:
    async def run() -> None:
        async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        silent = await asyncio.start_server(swallow, "127.0.0.1", 0)
        port = silent.sockets[0].getsockname()[1]
        mirrors = GitMirrors(tmp_path / "m", limits=Limits(timeout_s=2))
        mirrors.repositories.open("file:///x")
        import pygit2

        pygit2.settings.server_timeout = 1500
        waiting = [asyncio.create_task(mirrors.resolve(f"http://127.0.0.1:{port}/{n}", "main")) for n in range(12)]
        assert await mirrors.resolve(f"file://{root}/app.git", "main") == head(root)
        assert not any(task.done() for task in waiting), "the silent host is still waited for"
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        silent.close()

    asyncio.run(run())


def test_limits_on_size_and_what_is_not_supported(root: Path, tmp_path: Path) -> None:
    (root / "app.git" / "large").write_bytes(__import__("os").urandom(400_000))
    git(root / "app.git", "add", ".")
    git(root / "app.git", "commit", "-qm", "large")
    with http_server(root) as server:
        url = f"http://127.0.0.1:{server.server_port}/app.git/.git"
        with pytest.raises(RepositoryUnavailable, match="larger than"):
            resolve(GitMirrors(tmp_path / "m", limits=Limits(max_bytes=1000)), url)
    with pytest.raises(SourceNotSupported, match="GitHub App"):
        resolve(GitMirrors(tmp_path / "m"), url, Access(url, refused="GitHub App credentials", secret="s"))
    with pytest.raises(SourceNotSupported, match="folder of this machine"):
        resolve(GitMirrors(tmp_path / "m", allow_local=False), f"file://{root}/app.git")


def test_mirrors_nobody_needs_are_removed(root: Path, tmp_path: Path) -> None:
    async def run() -> None:
        mirrors, url = GitMirrors(tmp_path / "m"), f"file://{root}/app.git"
        await mirrors.use("a", [url])
        await mirrors.use("b", [url])
        await mirrors.resolve(url, "main")
        place = mirrors.repositories.path_of(url)
        await mirrors.use("a", [])
        assert place.exists()
        await mirrors.use("b", [])
        assert not place.exists()
        assert await mirrors.resolve(url, "main") == head(root), "made again when needed"

    asyncio.run(run())


def test_old_mirrors_of_an_earlier_run_are_removed(root: Path, tmp_path: Path) -> None:
    clock = ManualClock(SystemClock().now() + 10)
    mirrors, url = Repositories(tmp_path / "m", clock), f"file://{root}/app.git"
    mirrors.heads(url, Access(url))
    mirrors.remove_older(3600)
    assert mirrors.path_of(url).exists()
    asyncio.run(clock.advance(7200))
    mirrors.remove_older(3600)
    assert not mirrors.path_of(url).exists()


def test_a_mirror_that_was_never_finished_is_made_again(root: Path, tmp_path: Path) -> None:
    mirrors, url = GitMirrors(tmp_path / "m"), f"file://{root}/app.git"
    half = mirrors.repositories.path_of(url)
    half.with_name(f"{half.name}.new").mkdir(parents=True)
    half.mkdir()
    assert resolve(mirrors, url) == head(root)


def test_jitter_spreads_but_never_shortens() -> None:
    found = {jittered(100, f"https://h/{n}") for n in range(50)}
    assert len(found) > 20 and all(100 <= each <= 110 for each in found)
