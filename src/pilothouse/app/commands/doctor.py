"""`pilothouse doctor`: what this machine allows, what is missing, and how to get it."""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import sys
from typing import NamedTuple


class Check(NamedTuple):
    """One finding: `ok`, `limited` or `missing`."""

    name: str
    level: str
    detail: str
    fix: str = ""


_EXTRAS = {
    "charts": ("jsonschema_rs", "bcrypt"),
    "gitops": ("pygit2",),
    "provenance": ("pysequoia",),
}
_PROGRAMS = {
    "git": ("the demo and Git repositories over ssh", "apt-get install git"),
    "kubectl": ("only if you want to use it: pilothouse has its own verbs", ""),
}


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("doctor", help="check what this machine allows and say how to fix it")
    parser.add_argument("--data-dir", help="data directory to check")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print every finding; exit status 1 when something needed is missing."""
    checks = [_python(), *_extras(), *_programs(), _directory(args.data_dir), *_node()]
    marks = {"ok": "ok      ", "limited": "limited ", "missing": "MISSING "}
    for check in checks:
        print(f"{marks[check.level]} {check.name:<22} {check.detail}")
        if check.fix and check.level != "ok":
            print(f"{'':<32}fix: {check.fix}")
    missing = [check for check in checks if check.level == "missing"]
    print(f"\n{len(missing)} problem(s)" if missing else "\neverything needed is there")
    return 1 if missing else 0


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    is_new = sys.version_info >= (3, 11)
    return Check("python", "ok" if is_new else "missing", version, "install Python 3.11 or newer")


def _extras() -> list[Check]:
    checks: list[Check] = []
    for extra, modules in _EXTRAS.items():
        absent = [module for module in modules if importlib.util.find_spec(module) is None]
        detail = f"without {', '.join(absent)}" if absent else "installed"
        checks.append(Check(f"extra {extra}", "limited" if absent else "ok", detail, f"pip install 'pilothouse[{extra}]'"))
    return checks


def _programs() -> list[Check]:
    checks: list[Check] = []
    for name, (purpose, fix) in _PROGRAMS.items():
        found = shutil.which(name)
        checks.append(Check(name, "ok" if found else "limited", found or f"not found ({purpose})", fix))
    return checks


def _directory(flag: str | None) -> Check:
    import os
    from pathlib import Path

    from pilothouse.app.profiles import default_data_dir

    path = Path(flag).absolute() if flag else default_data_dir()
    existing = path
    while not existing.exists():
        existing = existing.parent
    free_mb = shutil.disk_usage(existing).free >> 20
    if not os.access(existing, os.W_OK):
        return Check("data directory", "missing", f"{path} cannot be written", "choose another --data-dir")
    level = "ok" if free_mb > 256 else "missing"
    return Check("data directory", level, f"{path}, {free_mb} MiB free", "free some space, or choose another --data-dir")


def _node() -> list[Check]:
    from pilothouse.cluster.nodeagent.diagnose import diagnose

    levels = {"ok": "ok", "degraded": "limited", "failed": "missing"}
    return [Check(finding.name, levels[finding.status], finding.detail, finding.fix) for finding in diagnose()]
