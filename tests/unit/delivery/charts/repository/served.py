"""A web server for the tests of repositories: files, refusals, redirects, and what it was asked with."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pilothouse.delivery.charts import load_chart
from pilothouse.delivery.charts.adapters.package import write_archive


class Site:
    """The answers by path: bytes, or a status with headers and bytes; `asked` is what came in."""

    def __init__(self) -> None:
        self.files: dict[str, bytes | tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[tuple[str, str, str]] = []
        self.url = ""


@contextmanager
def site() -> Iterator[Site]:
    """Serve a site on a free port of this machine."""
    found = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append((self.command, self.path, self.headers.get("Authorization") or ""))
            answer = found.files.get(self.path, (404, {}, b"nothing here"))
            status, headers, body = answer if isinstance(answer, tuple) else (200, {}, answer)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def archive(name: str = "web", version: str = "1.0.0", **files: str) -> bytes:
    """Return the archive of a chart."""
    own = {"Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\ndescription: A {name}\n", **files}
    return write_archive(load_chart({path: text.encode() for path, text in own.items()}), 1_750_000_000)
