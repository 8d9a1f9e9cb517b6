"""The settings an instance starts with when nothing else is said; where it keeps its things is `kit/places`."""

from __future__ import annotations

from pilothouse.kit.places import default_data_dir, kubeconfig_path

__all__ = ["DEFAULT_PORT", "default_data_dir", "kubeconfig_path"]

DEFAULT_PORT = 6443
