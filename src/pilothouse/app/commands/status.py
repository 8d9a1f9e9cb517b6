"""`pilothouse status`: what runs, where, and whether it is healthy."""

from __future__ import annotations

import argparse
import json


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("status", help="show what runs and whether it is healthy")
    parser.add_argument("--data-dir", help="data directory of the instance")
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the state; exit status 0 only when the instance is up and ready."""
    from pathlib import Path

    from pilothouse.app.instance import is_running, read_record
    from pilothouse.app.profiles import default_data_dir

    data_dir = Path(args.data_dir).absolute() if args.data_dir else default_data_dir()
    record = read_record(data_dir)
    if record is None or not is_running(record):
        state: dict[str, object] = {"running": False, "dataDir": str(data_dir)}
        _print(args.output, state, [f"not running  (data directory {data_dir})", "  start it with `pilothouse up`"])
        return 3
    state = {"running": True, "dataDir": str(data_dir), **record, **_probe(Path(str(record["kubeconfig"])))}
    lines = [
        f"{'ready' if state['ready'] else 'not ready'}  {record['url']}  pid {record['pid']}",
        f"  kubeconfig  {record['kubeconfig']}",
        f"  data        {data_dir}",
    ]
    lines += [f"  {title:<11} {state[key]}" for title, key in (("nodes", "nodes"), ("pods", "pods")) if key in state]
    lines += [f"  {line}" for line in state.get("failing", ())]  # type: ignore[attr-defined]
    _print(args.output, state, lines)
    return 0 if state["ready"] else 1


def _print(output: str, state: dict[str, object], lines: list[str]) -> None:
    print(json.dumps(state, indent=2) if output == "json" else "\n".join(lines))


def _probe(path: object) -> dict[str, object]:
    from pathlib import Path

    from pilothouse.kit.errors import PilothouseError
    from pilothouse.wire import kubeconfig
    from pilothouse.wire.http.oneshot import exchange

    access = kubeconfig.read(Path(str(path)))
    try:
        answer = exchange(access, "GET", "/readyz?verbose", timeout_s=5)
        text = answer.read().decode()
        failing = [line for line in text.splitlines() if line.startswith("[-]")]
        counts = {name: _count(json.loads(exchange(access, "GET", f"/api/v1/{name}").read())) for name in ("nodes", "pods")}
    except PilothouseError as error:
        return {"ready": False, "failing": [error.message]}
    return {"ready": answer.status == 200, "failing": failing, **counts}


def _count(listed: dict[str, list[dict[str, dict[str, list[dict[str, str]]]]]]) -> str:
    items = listed.get("items") or []
    ready = 0
    for item in items:
        conditions = (item.get("status") or {}).get("conditions") or []
        ready += any(condition.get("type") == "Ready" and condition.get("status") == "True" for condition in conditions)
    return f"{ready} of {len(items)} ready"
