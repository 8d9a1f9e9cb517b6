"""Two thousand patched objects, and the refusals, are what kubectl makes of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pilothouse.api.patch.strategic import apply_strategic_patch
from pilothouse.api.scheme import Scheme
from pilothouse.kit.errors import PilothouseError
from tests.conformance.strategic_merge.cases import KINDS, Draw, Patcher
from tests.score.figures import note_rate

BATCHES, OBJECTS = 100, 21
"""Patches, and the objects each of them is applied to."""
KUBECTL = shutil.which("kubectl", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
SCHEME = Scheme()


def kubectl(objects: list[Any], patch: Any, folder: Path) -> list[Any] | None:
    """Return what kubectl makes of the objects, None when it refuses the patch for any of them."""
    path = folder / "objects.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    assert KUBECTL
    command = [KUBECTL, "patch", "--local", "-f", str(path), "--type=strategic", "-o", "json", "-p", json.dumps(patch)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return None
    decoder, text, found = json.JSONDecoder(), done.stdout, []
    while text := text.lstrip():
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:]
    return found


def ours(tree: Any, patch: Any) -> Any:
    """Return the patched object, None when the patch is refused."""
    group, _, version = tree["apiVersion"].rpartition("/")
    resource = SCHEME.by_kind[group, version, tree["kind"]]
    try:
        return apply_strategic_patch(json.loads(json.dumps(tree)), json.loads(json.dumps(patch)), resource.schema)
    except PilothouseError:
        return None


@pytest.mark.skipif(not KUBECTL and "CI" not in os.environ, reason="kubectl is missing")
@pytest.mark.timeout(300)
def test_every_patched_object_is_the_one_kubectl_makes(tmp_path: Path) -> None:
    compared = refused = 0
    for seed in range(BATCHES):
        draw = Draw(seed)
        kind = list(KINDS)[seed % len(KINDS)]
        objects, patch = [KINDS[kind](draw) for _ in range(OBJECTS)], Patcher(draw).patch(kind)
        expected: list[Any] = kubectl(objects, patch, tmp_path) or []
        if not expected:
            expected = [(kubectl([tree], patch, tmp_path) or [None])[0] for tree in objects]
        assert len(expected) == OBJECTS
        for tree, wanted in zip(objects, expected, strict=True):
            found = ours(tree, patch)
            assert found == wanted, f"seed {seed}: {json.dumps(tree)} patched with {json.dumps(patch)}"
            compared, refused = compared + 1, refused + (wanted is None)
    assert compared >= 2_000
    assert refused < compared // 4, "most patches are to be accepted"
    print(f"{compared} patched objects are identical, {refused} of them refused by both")
    note_rate("strategic_merge", compared, compared)
