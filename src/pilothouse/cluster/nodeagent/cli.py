"""`pilothouse url SERVICE`: where a Service answers on this machine."""

from __future__ import annotations

import argparse
import os


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("url", help="print the address a Service answers at on this machine")
    parser.add_argument("service", help="name of the Service, also as service/NAME or NAMESPACE/NAME")
    parser.add_argument("-n", "--namespace", default="", help="namespace (default: that of the context)")
    parser.add_argument("--port", default="", help="name or number of the port (default: all of them)")
    parser.add_argument("--kubeconfig", default="", help="kubeconfig file (default: $KUBECONFIG, then the local instance)")
    parser.add_argument("--context", default="", help="context of the kubeconfig")
    parser.set_defaults(run=run)


def kubeconfig_of(flag: str) -> str:
    """Return the kubeconfig to use: the flag, $KUBECONFIG, then the instance of this user."""
    chosen = flag or os.environ.get("KUBECONFIG", "").split(os.pathsep)[0]
    if chosen:
        return chosen
    base = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return os.path.join(os.environ.get("PILOTHOUSE_DATA_DIR") or os.path.join(base, "pilothouse"), "kubeconfig")


def split_name(text: str, namespace: str) -> tuple[str, str]:
    """Return namespace and name of `name`, `service/name` or `namespace/name`."""
    first, slash, rest = text.partition("/")
    if not slash:
        return namespace, text
    return (namespace, rest) if first in {"svc", "service", "services"} else (first, rest)


def run(arguments: argparse.Namespace) -> int:
    """Print one URL per port; failures are raised as PilothouseError."""
    import json
    from pathlib import Path

    from pilothouse.cluster.nodeagent.engine.services import service_urls
    from pilothouse.kit.errors import NotFound
    from pilothouse.wire import kubeconfig
    from pilothouse.wire.http.oneshot import exchange

    access = kubeconfig.read(Path(kubeconfig_of(arguments.kubeconfig)), arguments.context)
    namespace, name = split_name(arguments.service, arguments.namespace or access.namespace)
    answer = exchange(access, "GET", f"/api/v1/namespaces/{namespace}/services/{name}", headers={"accept": "application/json"})
    found = json.loads(answer.read())
    if answer.status >= 400:
        raise NotFound(
            str(found.get("message") or f"service {namespace}/{name} not found"),
            fix=f"`pilothouse get services -n {namespace}` shows what there is",
        )
    for url in service_urls(found, os.geteuid() == 0, arguments.port):
        print(url)
    return 0
