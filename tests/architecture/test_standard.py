"""The list of what ships is complete, resolves, and costs nothing to read."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys

import pytest

from pilothouse.app.main import help_text
from pilothouse.app.standard import CAPABILITIES, COMMANDS
from pilothouse.kit.registry import Capability
from tests.architecture import source

HEAVY = ("asyncio", "msgspec", "uvloop", "orjson", "argparse", "logging", "cryptography", "yaml", "aiohttp")


@pytest.mark.parametrize("name", CAPABILITIES)
def test_every_capability_resolves(name: str) -> None:
    module, _, attribute = name.partition(":")
    capability = getattr(importlib.import_module(module), attribute)
    assert isinstance(capability, Capability)
    assert capability.id.replace(".", "/") in source.relative(source.ROOT / "src" / module.replace(".", "/"))


def test_every_factory_is_listed() -> None:
    listed = {name.partition(":")[0] for name in CAPABILITIES}
    found = {
        ".".join(path.relative_to(source.PACKAGE.parent).with_suffix("").parts)
        for path in source.modules()
        if path.name == "factory.py" and "start=" in path.read_text()
    }
    assert found <= listed, "list in app/standard.py: " + ", ".join(sorted(found - listed))


@pytest.mark.parametrize("module", sorted({module for module, _ in COMMANDS.values()}))
def test_every_command_module_registers(module: str) -> None:
    assert callable(importlib.import_module(module).register)


def test_help_names_every_command() -> None:
    listed = {line.split()[0] for line in help_text().splitlines() if line.startswith("  ")}
    assert listed == set(COMMANDS)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from pilothouse.app.main import run; run(['--help']); import json;"
        f"print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"sys=__import__('sys'); sys.path.insert(0, {str(source.PACKAGE.parent)!r}); {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stderr.splitlines()[-1]) == []
