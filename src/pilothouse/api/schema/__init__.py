"""Schemas: what a value may hold, how lists merge, which fields have defaults.

`node` is the schema itself (used by patches and server-side apply); `decode` reads a body the way the typed decoders of
Kubernetes do; `structural` holds the rules of CustomResourceDefinition schemas; `values` validates values against them.
"""

from pilothouse.api.schema.node import UNSET, Definitions, Schema

__all__ = ["UNSET", "Definitions", "Schema"]
