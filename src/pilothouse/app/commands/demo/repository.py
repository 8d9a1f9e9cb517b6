"""The demo's Git repository: a bare origin and a working copy, driven by git itself as a user would.

No identity, global configuration or network of the user is needed or touched.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pilothouse.app.commands.demo.timeline import StepFailed
from pilothouse.kit.process import run_program


class DemoRepository:
    """One repository below `root`."""

    def __init__(self, root: Path) -> None:
        """Use `root`/shop.git as origin and `root`/shop as working copy."""
        self.origin, self.work = root / "shop.git", root / "shop"

    @property
    def url(self) -> str:
        """What the Application points to."""
        return f"file://{self.origin}"

    async def git(self, *arguments: str) -> str:
        """Run git in the working copy and return its output; raises `StepFailed`."""
        environment = {
            "PATH": os.environ.get("PATH", os.defpath), "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null",
            "HOME": str(self.work), "GIT_AUTHOR_NAME": "demo", "GIT_AUTHOR_EMAIL": "demo@example.com",
            "GIT_COMMITTER_NAME": "demo", "GIT_COMMITTER_EMAIL": "demo@example.com", "LC_ALL": "C",
        }  # fmt: skip
        done = await run_program("git", *arguments, cwd=self.work, env=environment)
        if done.status != 0:
            raise StepFailed(f"git {' '.join(arguments)} failed: {done.output.strip()}")
        return done.output.strip()

    async def create(self, source: Path) -> None:
        """Fill the working copy from `source` and connect it to a new origin; raises `StepFailed` when there is one."""
        if self.work.exists() or self.origin.exists():
            fix = "choose another --data-dir, or remove this one with `pilothouse down --purge`"
            raise StepFailed(f"{self.work.parent} holds the repository of an earlier demo", fix=fix)
        shutil.copytree(source, self.work)
        await self.git("init", "-q", "-b", "main")
        await self.git("init", "-q", "--bare", "-b", "main", str(self.origin))
        await self.git("remote", "add", "origin", str(self.origin))

    def set_version(self, tag: str, greeting: str) -> None:
        """Release `tag`: written into the program of `web`, and with the greeting into the environment's values file."""
        (self.work / "app" / "web" / "RELEASE").write_text(f"{tag}\n")
        values = f"# The demo environment.\nglobal:\n  image:\n    tag: {tag}\ngreeting: {greeting}\n"
        (self.work / "chart" / "values-demo.yaml").write_text(values)

    async def commit_and_push(self, message: str) -> str:
        """Commit everything, push, and return the commit id."""
        await self.git("add", "-A")
        await self.git("commit", "-q", "-m", message)
        return await self._push()

    async def revert_and_push(self) -> str:
        """Take the last commit back, push, and return the commit id."""
        await self.git("revert", "--no-edit", "HEAD")
        return await self._push()

    async def _push(self) -> str:
        await self.git("push", "-q", "origin", "main")
        return await self.git("rev-parse", "HEAD")
