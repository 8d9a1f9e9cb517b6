"""Which kinds exist: groups, versions, resources, verbs, subresources and their schemas.

`Scheme` is loaded once per API server from the packed facts (`tools/generate_schemas.py`) and extended at run time by
CustomResourceDefinitions; clients use it to turn kinds into paths.
"""

from pilothouse.api.scheme.resources import Resource, Subresource
from pilothouse.api.scheme.table import Scheme, is_built_in

__all__ = ["Resource", "Scheme", "Subresource", "is_built_in"]
