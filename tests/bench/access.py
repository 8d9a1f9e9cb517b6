"""Talks to a platform as its administrator, with the standard library only, and makes the token wrk uses."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
from pathlib import Path
from typing import Any

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
BINDING = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRoleBinding",
    "metadata": {"name": "bench"},
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
    "subjects": [{"kind": "ServiceAccount", "name": "bench", "namespace": "default"}],
}


def free_port() -> int:
    """Return a port nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Administrator:
    """A connection with the administrator's certificate."""

    def __init__(self, data_dir: Path, port: int) -> None:
        user = json.loads((data_dir / "kubeconfig").read_text())["users"][0]["user"]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        pair = data_dir / "bench.pem"
        pair.write_bytes(b"\n".join(base64.b64decode(user[f"client-{part}-data"]) for part in ("certificate", "key")))
        context.load_cert_chain(pair)
        self.connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=30)

    def call(
        self, method: str, path: str, body: dict[str, Any] | None = None, content_type: str = "application/json"
    ) -> dict[str, Any]:
        """Send a request and return the object of the answer."""
        text = json.dumps(body) if body is not None else None
        self.connection.request(method, path, text, {"Content-Type": content_type})
        response = self.connection.getresponse()
        answer: dict[str, Any] = json.loads(response.read())
        assert response.status < 300, answer
        return answer

    def token(self) -> str:
        """Create a service account that may do everything and return a token of it."""
        accounts = "/api/v1/namespaces/default/serviceaccounts"
        self.call("POST", accounts, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "bench"}})
        self.call("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", BINDING)
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
        return str(self.call("POST", f"{accounts}/bench/token", request)["status"]["token"])
