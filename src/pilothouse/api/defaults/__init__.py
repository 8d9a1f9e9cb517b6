"""Defaults of built-in kinds: what the reference server's Go code fills in.

`apply_defaults` changes a decoded object in place; one function per kind, looked up by group and kind.
"""

from pilothouse.api.defaults.kinds import apply_defaults

__all__ = ["apply_defaults"]
