"""Runs the checks of a client's program: every function named `check_*`, in order; a line of JSON for each.

The programs run in the clients' own environment, so nothing of ours can be imported here.
"""

import asyncio
import inspect
import json
import sys
import threading
import time
import traceback

TIMEOUT_S = 30
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "shell", "labels": {"app": "shell"}},
    "spec": {
        "terminationGracePeriodSeconds": 1,
        "containers": [
            {
                "name": "c",
                "image": "host",
                "command": ["sh", "-c", "echo hello; exec python3 -m http.server 8000"],
                "ports": [{"containerPort": 8000}],
                "readinessProbe": {"tcpSocket": {"port": 8000}, "periodSeconds": 1},
            }
        ],
    },
}
BOATS = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "spec": {
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                            "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                        },
                    }
                },
            }
        ],
    },
}


def boats(group):
    """Return a CustomResourceDefinition of a group of its own."""
    names = {"plural": "boats", "singular": "boat", "kind": "Boat"}
    return {**BOATS, "metadata": {"name": f"boats.{group}"}, "spec": {**BOATS["spec"], "group": group, "names": names}}


def until(condition, timeout_s=TIMEOUT_S):
    """Wait for a condition and return its value."""
    deadline = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < deadline, f"timed out: {inspect.getsource(condition).strip()}"
        time.sleep(0.05)
    return found


def run(module):
    """Run the checks of a module."""
    for name, function in list(vars(sys.modules[module]).items()):
        if not name.startswith("check_"):
            continue
        error = ""
        try:
            if inspect.iscoroutinefunction(function):
                asyncio.run(asyncio.wait_for(function(), TIMEOUT_S))
            else:
                _in_time(function)
        except BaseException:  # noqa: BLE001 - whatever goes wrong is the answer
            error = traceback.format_exc()
        print(json.dumps({"check": name, "error": error}), flush=True)


def _in_time(function):
    failures = []

    def target():
        try:
            function()
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            failures.append(error)

    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    thread.join(TIMEOUT_S)
    if thread.is_alive():
        raise TimeoutError(f"{function.__name__} takes more than {TIMEOUT_S} s")
    if failures:
        raise failures[0]
