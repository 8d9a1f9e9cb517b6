"""Our OpenAPI documents: valid, good enough for `kubectl explain`, and taken at their word by schemathesis.

schemathesis makes requests from each document and breaks them; FUZZ_SECONDS (60, more in `make fuzz`) is shared by all documents.
Watches and proxies are left out: their answers have no end of their own.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.platform import Platform, platform

SECONDS = float(os.environ.get("FUZZ_SECONDS", "60"))
CLIENTS = Path(sys.prefix) / "clients" / "bin"
HERE = Path(__file__).parent / "clients"
ENDLESS = frozenset(("watch", "follow", "timeoutSeconds"))
ELSEWHERE = ("/watch/", "/proxy", "/exec", "/attach", "/portforward")
LAST = ("admissionregistration", "apiregistration", "apiextensions", "flowcontrol")
"""What changes how all requests are answered comes last."""
pytestmark = [pytest.mark.e2e, pytest.mark.clients, pytest.mark.timeout(int(SECONDS * 3) + 300)]


@pytest.fixture(scope="module")
def up() -> Iterator[Platform]:
    if not (CLIENTS / "schemathesis").exists():
        assert not os.environ.get("CI"), "schemathesis is missing"
        pytest.skip("schemathesis is missing; `make e2e` installs it")
    with platform() as running:
        yield running


def raw(up: Platform, path: str) -> Any:
    done = up.kubectl("get", "--raw", path)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def documents(up: Platform) -> dict[str, Any]:
    """Every document by its name, those of risky groups last."""
    index = raw(up, "/openapi/v3")["paths"]
    names = sorted(index, key=lambda name: (any(word in name for word in LAST), name))
    return {name: raw(up, index[name]["serverRelativeURL"]) for name in names}


def test_documents_are_valid(documents: dict[str, Any]) -> None:
    command = [str(CLIENTS / "python"), str(HERE / "openapi_check.py")]
    done = subprocess.run(command, input=json.dumps(documents), capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_every_kind_is_explained(up: Platform) -> None:
    resources = up.kubectl("api-resources", "--no-headers", "-o", "name").stdout.split()
    assert len(resources) > 50
    silent = [name for name in resources if "KIND:" not in up.kubectl("explain", name).stdout]
    assert not silent


def finite(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document without the operations and parameters whose answers do not end."""
    paths = {path: item for path, item in document["paths"].items() if not any(word in path for word in ELSEWHERE)}
    for item in paths.values():
        for part in (item, *(value for value in item.values() if isinstance(value, dict))):
            if "parameters" in part:
                part["parameters"] = [one for one in part["parameters"] if one["name"] not in ENDLESS]
    return {**document, "paths": paths}


def credentials(up: Platform, folder: Path) -> tuple[str, list[str]]:
    """Return (the server's address, options with the administrator's certificate)."""
    config = json.loads(up.kubeconfig.read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    ca, own = folder / "ca.pem", folder / "admin.pem"
    ca.write_bytes(base64.b64decode(cluster["certificate-authority-data"]))
    own.write_bytes(b"\n".join(base64.b64decode(user[f"client-{part}-data"]) for part in ("certificate", "key")))
    return cluster["server"], ["--tls-verify", str(ca), "--request-cert", str(own)]


def fuzz(up: Platform, folder: Path, document: dict[str, Any], seconds: int) -> str:
    """Let schemathesis loose on one document; returns what it found."""
    (folder / "document.json").write_text(json.dumps(finite(document)))
    address, options = credentials(up, folder)
    command = [
        str(CLIENTS / "schemathesis"), "run", "document.json", "--url", address, *options, "--max-time", str(seconds),
        "--checks", "no_failure_of_the_server", "--phases", "coverage,fuzzing", "--max-response-time", "5", "-n", "50",
        "--request-timeout", "10", "--no-shrink", "--generation-database", "none", "--no-color", "--warnings", "off",
    ]  # fmt: skip
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "openapi_hooks", "PYTHONPATH": str(HERE)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=seconds + 60, check=False)
    return "" if done.returncode == 0 else (done.stdout + done.stderr)[-4000:]


def test_no_request_makes_the_server_fail(up: Platform, documents: dict[str, Any], tmp_path: Path) -> None:
    seconds = max(1, round(SECONDS / sum(bool(finite(document)["paths"]) for document in documents.values())))
    found = {name: fuzz(up, tmp_path, document, seconds) for name, document in documents.items() if finite(document)["paths"]}
    failures = {name: text for name, text in found.items() if text}
    assert not failures, "\n".join(f"=== {name}\n{text}" for name, text in failures.items())
    began = time.monotonic()
    assert up.kubectl("get", "--raw", "/readyz").stdout == "ok"
    assert time.monotonic() - began < 5
    log = (up.data_dir / "up.log").read_text()
    assert "Traceback" not in log, log[-4000:]
