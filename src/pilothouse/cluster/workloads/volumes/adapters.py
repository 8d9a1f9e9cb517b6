"""The directories behind provisioned volumes."""

from __future__ import annotations

import shutil
from pathlib import Path

from pilothouse.kit.aio import offload
from pilothouse.kit.errors import Denied


class DirectoryProvisioner:
    """Makes and removes one directory per volume below `root`."""

    def __init__(self, root: Path) -> None:
        """Keep directories in `root`, which is created when needed."""
        self._root = root

    def path_of(self, uid: str) -> Path:
        """Return the directory for a claim's uid."""
        return self._root / f"pvc-{uid}"

    async def create(self, uid: str) -> Path:
        """Create the directory; any user of a Pod may write to it."""
        path = self.path_of(uid)

        def make() -> None:
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o777)

        await offload(make)
        return path

    async def remove(self, path: str) -> None:
        """Remove a directory made here; raises `Denied` for any other path."""
        target = Path(path)
        if target.parent != self._root or not target.name.startswith("pvc-"):
            raise Denied(f"{path} was not provisioned here and is left alone")
        await offload(shutil.rmtree, target, ignore_errors=True)
