"""Traffic for the demo: requests on new and on kept connections, each one checked.

Every request must get a complete answer with status 200. A kept connection that the server closes after an answer is simply
opened again, as any client does; a request that was sent and not answered counts as failed.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter

PAUSE_S = 0.01
TIMEOUT_S = 15.0


class Traffic:
    """Threads that ask for `/version` until told to stop."""

    def __init__(self, host: str, port: int, kept: int = 3, fresh: int = 2) -> None:
        """Use `kept` threads with kept connections and `fresh` with a new one per request."""
        self._host, self._port = host, port
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.versions: Counter[str] = Counter()
        self.failures: list[str] = []
        self._threads = [threading.Thread(target=self._keep, daemon=True) for _ in range(kept)]
        self._threads += [threading.Thread(target=self._renew, daemon=True) for _ in range(fresh)]

    @property
    def sent(self) -> int:
        """Number of requests so far."""
        return sum(self.versions.values()) + len(self.failures)

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End and wait for the requests under way."""
        self._stop.set()
        for thread in self._threads:
            thread.join(TIMEOUT_S + 1)

    def _ask(self, connection: http.client.HTTPConnection) -> bool:
        """Send one request; returns whether the connection may be used again."""
        try:
            connection.request("GET", "/version")
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise http.client.HTTPException(f"status {answer.status}: {body[:100]!r}")
            version = str(json.loads(body)["version"])
        except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
            with self._lock:
                self.failures.append(f"{type(error).__name__}: {error}")
            connection.close()
            return False
        with self._lock:
            self.versions[version] += 1
        return not answer.will_close

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_S)

    def _keep(self) -> None:
        connection = self._connection()
        while not self._stop.is_set():
            if not self._ask(connection):
                connection.close()
                connection = self._connection()
            self._stop.wait(PAUSE_S)
        connection.close()

    def _renew(self) -> None:
        while not self._stop.is_set():
            connection = self._connection()
            self._ask(connection)
            connection.close()
            self._stop.wait(PAUSE_S)
