"""Go's values in Python: kinds, type names, formatting, comparison."""
