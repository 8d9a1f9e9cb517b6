"""A webhook that runs as a Pod of the platform, behind a Service: what operators and policy engines do."""

from __future__ import annotations

import base64
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pilothouse.wire import tls
from tests.e2e.platform import Platform, platform

KUBECTL = shutil.which("kubectl", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not KUBECTL and not os.environ.get("CI"), reason="kubectl is missing; `make test` installs it"),
]
SERVER = """
import http.server, json, os, ssl
class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        review = json.loads(self.rfile.read(int(self.headers["content-length"])))
        request = review["request"]
        is_bad = request["object"]["metadata"]["name"] == "bad"
        response = {"uid": request["uid"], "allowed": not is_bad, "status": {"message": "not this name"}}
        body = json.dumps({**review, "response": response}).encode()
        self.send_response(200); self.send_header("content-length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def log_message(self, *_): pass
folder = os.environ.get("PILOTHOUSE_ROOT", "") + "/etc/hook/"
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder + "tls.crt", folder + "tls.key")
server = http.server.ThreadingHTTPServer((os.environ["POD_IP"], 8443), Hook)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""


@pytest.fixture(scope="module")
def up() -> Iterator[Platform]:
    with platform() as found:
        yield found


def manifest() -> str:
    now = time.time()
    authority = tls.create_authority("hooks", now)
    pair = tls.issue(authority, "hook", now, names=("hook.default.svc",), is_server=True)
    data = {"tls.crt": pair.certificate_pem.decode(), "tls.key": pair.key_pem.decode()}
    labels = {"app": "hook"}
    container = {
        "name": "hook", "image": "host", "command": ["python3", "-c", SERVER],
        "env": [{"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
        "volumeMounts": [{"name": "tls", "mountPath": "/etc/hook"}],
        "readinessProbe": {"tcpSocket": {"port": 8443}, "periodSeconds": 1},
    }  # fmt: skip
    rule = {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]}
    hook = {
        "name": "hook.example.com", "rules": [rule], "sideEffects": "None", "admissionReviewVersions": ["v1"],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "default"}}, "clientConfig": {
            "service": {"namespace": "default", "name": "hook"},
            "caBundle": base64.b64encode(authority.certificate_pem).decode(),
        },
    }  # fmt: skip
    spec = {"containers": [container], "volumes": [{"name": "tls", "secret": {"secretName": "hook"}}]}
    items = [
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hook"}, "stringData": data, "type": "kubernetes.io/tls"},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "hook", "labels": labels}, "spec": spec},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "hook"},
         "spec": {"selector": labels, "ports": [{"port": 443, "targetPort": 8443}]}},
        {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": "hook"},
         "webhooks": [hook]},
    ]  # fmt: skip
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})


def test_a_pod_decides_what_is_stored(up: Platform) -> None:
    done = up.kubectl("apply", "-f", "-", text=manifest())
    assert done.returncode == 0, done.stderr
    done = up.kubectl("wait", "--for=condition=Ready", "pod/hook", "--timeout=30s")
    assert done.returncode == 0, done.stderr
    deadline = time.monotonic() + 15
    while (done := up.kubectl("create", "configmap", "good")).returncode != 0:
        assert "no endpoints available" in done.stderr or "connection refused" in done.stderr, done.stderr
        assert time.monotonic() < deadline, done.stderr
        time.sleep(0.1)
    done = up.kubectl("create", "configmap", "bad")
    assert done.returncode == 1
    assert 'admission webhook "hook.example.com" denied the request: not this name' in done.stderr
