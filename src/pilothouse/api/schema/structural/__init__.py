"""The rules of the schemas in a CustomResourceDefinition: they must be structural, their defaults must fit.

`check_structural` is what the rules of definitions call for each schema. It runs the stages in the order in which the reference
server reports them: the root, the invariants of structural schemas and their completeness, defaults, what the standard of the
version allows, and last the expressions. Source: structural schemas of Kubernetes (KEP-1152).
"""

from pilothouse.api.schema.structural.schema import check_structural

__all__ = ["check_structural"]
