"""The agent's memory of each Pod on disk: one JSON file per Pod, replaced atomically, read once at start.

Without it a restarted agent would not know how often a container was restarted or that a Pod was Ready.
"""

from __future__ import annotations

import os

import msgspec

from pilothouse.cluster.nodeagent.supervisor.records import remove_tree
from pilothouse.cluster.nodeagent.types import Json, PodState

STATE = "state.json"


class Remembered(msgspec.Struct):
    """What one file holds: the Pod as it was last seen, and its state."""

    pod: Json
    state: PodState


class Memory:
    """State files below `DIR/pods`."""

    def __init__(self, data_dir: str) -> None:
        """Keep files below `data_dir`."""
        self.root = os.path.join(data_dir, "pods")
        self._last: dict[str, bytes] = {}

    def folder(self, uid: str) -> str:
        """Return a Pod's folder."""
        return os.path.join(self.root, uid)

    def save(self, pod: Json, state: PodState) -> None:
        """Write a Pod's state unless it is what was written last."""
        raw = msgspec.json.encode(Remembered(pod, state))
        if self._last.get(state.uid) == raw:
            return
        folder = self.folder(state.uid)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        temporary = os.path.join(folder, f".{STATE}.new")
        with open(temporary, "wb") as file:
            file.write(raw)
        os.rename(temporary, os.path.join(folder, STATE))
        self._last[state.uid] = raw

    def load(self) -> list[Remembered]:
        """Return every Pod remembered; damaged files are skipped and their folders kept for the orphan sweep."""
        found = []
        try:
            names = sorted(os.listdir(self.root))
        except FileNotFoundError:
            return []
        for name in names:
            try:
                with open(os.path.join(self.root, name, STATE), "rb") as file:
                    found.append(msgspec.json.decode(file.read(), type=Remembered))
            except (OSError, msgspec.MsgspecError):
                continue
        return found

    def folders(self) -> list[str]:
        """Return the uids that have a folder."""
        return os.listdir(self.root) if os.path.isdir(self.root) else []

    def forget(self, uid: str) -> None:
        """Remove a Pod's folder with everything in it."""
        self._last.pop(uid, None)
        remove_tree(self.folder(uid))
