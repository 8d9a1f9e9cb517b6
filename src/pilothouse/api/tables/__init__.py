"""Tables: the columns and cells that `kubectl get` prints, per kind."""

from pilothouse.api.tables.rows import columns_for, columns_of, row_cells

__all__ = ["columns_for", "columns_of", "row_cells"]
