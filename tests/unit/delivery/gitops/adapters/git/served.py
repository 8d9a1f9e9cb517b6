"""Real Git servers for tests: `git http-backend` behind http or https with a password, and an sshd of this user."""

import base64
import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class GitHandler(BaseHTTPRequestHandler):
    """One request for `git http-backend`."""

    root: Path
    authorization: str
    requests: list[str]

    def _answer(self) -> None:
        self.requests.append(self.path)
        if self.authorization and self.headers.get("Authorization") != self.authorization:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        environment = {
            **os.environ, "GIT_PROJECT_ROOT": str(self.root), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
            "QUERY_STRING": query, "REQUEST_METHOD": self.command, "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)), "REMOTE_USER": "t", "REMOTE_ADDR": "127.0.0.1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }  # fmt: skip
        done = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        heads = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.send_response(int(heads.pop("Status", "200").split()[0]))
        for name, value in {**heads, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _answer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


class GitServer(ThreadingHTTPServer):
    """A server whose requests are counted."""

    requests: list[str]


@contextlib.contextmanager
def http_server(root: Path, authorization: str = "", tls: ssl.SSLContext | None = None) -> Iterator[GitServer]:
    """Serve the repositories below `root`."""
    handler = type("Handler", (GitHandler,), {"root": root, "authorization": authorization, "requests": []})
    server = GitServer(("127.0.0.1", 0), handler)
    server.requests = handler.requests  # type: ignore[attr-defined]
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def basic(username: str, password: str) -> str:
    """Return a header."""
    return f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"


@contextlib.contextmanager
def ssh_server(folder: Path) -> Iterator[tuple[int, str, str]]:
    """Run sshd for this user; yields its port, the private key that may enter, and its line of known_hosts."""
    if SSHD is None:
        pytest.skip("sshd is not installed: apt-get install openssh-server")
    folder.mkdir()
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    (folder / "authorized").write_text((folder / "user.pub").read_text())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [f"HostKey={folder}/host", f"AuthorizedKeysFile={folder}/authorized", f"PidFile={folder}/pid", "StrictModes=no",
               "UsePAM=no", f"ListenAddress=127.0.0.1:{port}", "PasswordAuthentication=no"]  # fmt: skip
    arguments = [part for option in options for part in ("-o", option)]
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    with open(folder / "log", "wb") as log:
        program = subprocess.Popen([SSHD, "-D", "-e", "-f", "/dev/null", *arguments], stderr=log)
    try:
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert program.poll() is None, (folder / "log").read_text()
        kind, key = (folder / "host.pub").read_text().split()[:2]
        yield port, (folder / "user").read_text(), f"[127.0.0.1]:{port} {kind} {key}"
    finally:
        program.terminate()
        program.wait(10)
