"""What a verdict on health costs: the rule table, a Lua script in the sandbox, and lines through `pilothouse app health`."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from statistics import median
from typing import Any

from tests.bench.figures import Figure

ROUNDS, LINES = 2_000, 20_000
SCRIPT = """
hs = { status = "Progressing", message = "Waiting for the certificate" }
if obj.status ~= nil and obj.status.conditions ~= nil then
  for i, condition in ipairs(obj.status.conditions) do
    if condition.type == "Ready" and condition.status == "True" then
      hs.status = "Healthy"; hs.message = condition.message
    end
  end
end
return hs
"""


def certificate() -> dict[str, Any]:
    """Return an object of the size people have: 30 fields, two conditions, managed fields."""
    conditions = [
        {"type": kind, "status": "True", "reason": "Issued", "message": f"{kind}: everything is in place",
         "lastTransitionTime": "2026-11-23T10:00:00Z", "observedGeneration": 3}
        for kind in ("Synced", "Ready")
    ]  # fmt: skip
    managed = [
        {"manager": f"m{n}", "operation": "Update", "fieldsV1": {"f:spec": {f"f:{k}": {} for k in "abcdef"}}} for n in range(3)
    ]
    return {
        "apiVersion": "cert-manager.io/v1", "kind": "Certificate",
        "metadata": {"name": "web", "namespace": "shop", "generation": 3, "labels": {"app": "web", "tier": "front"},
                     "annotations": {"a": "x" * 200}, "managedFields": managed},
        "spec": {"secretName": "web", "dnsNames": ["a.example.com", "b.example.com"],
                 "issuerRef": {"name": "ca", "kind": "Issuer"}},
        "status": {"conditions": conditions, "revision": 4, "notAfter": "2027-02-01T00:00:00Z"},
    }  # fmt: skip


def _median_us(judge: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        judge()
        times.append(time.perf_counter() - began)
    return median(times) * 1e6


def verdicts() -> Iterator[Figure]:
    """One object, judged by a row of the table and by a script; then many through the command."""
    from pilothouse.delivery.gitops.engine.health import health_of

    tree = certificate()
    yield Figure("health verdict by the rule table (median)", _median_us(lambda: health_of(tree)), "us", 20, is_upper=True)
    if find_spec("lupa"):
        from pilothouse.delivery.gitops.adapters.lua.checks import script_health
        from pilothouse.delivery.gitops.adapters.lua.sandbox import Sandbox

        sandbox = Sandbox()
        by_script = _median_us(lambda: script_health(sandbox, SCRIPT, tree))
        yield Figure("health verdict by Lua in the sandbox (median)", by_script, "us", 50, is_upper=True)
    lines = (json.dumps(tree) + "\n").encode() * LINES
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pilothouse", "app", "health", "--stdin"], input=lines, capture_output=True, check=True
    )
    assert done.stdout.count(b"\n") == LINES
    yield Figure("app health, objects a second", LINES / (time.perf_counter() - began), "/s", 10_000)
