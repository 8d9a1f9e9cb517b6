"""Warnings: what is accepted and yet surely not meant, deprecated, or without effect.

`kinds` says which objects are looked at; the rest is one function for each part of an object, which yields texts.
"""

from pilothouse.api.findings.warnings.kinds import custom_warnings, warnings_of

__all__ = ["custom_warnings", "warnings_of"]
