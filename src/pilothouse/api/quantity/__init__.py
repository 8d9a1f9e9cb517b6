"""Resource quantities, and how much of each resource objects use.

`amounts` reads and writes quantities, `pods` totals what a Pod asks for, `quota` measures objects against a ResourceQuota.
"""

from pilothouse.api.quantity.amounts import (
    InvalidQuantity,
    add,
    canonical,
    compare,
    parse_quantity,
    subtract,
    to_milli,
    to_whole,
)

__all__ = ["InvalidQuantity", "add", "canonical", "compare", "parse_quantity", "subtract", "to_milli", "to_whole"]
