"""Admission: what is decided about a write from outside the object itself.

`chain` runs the stages in order; each stage is a small class with `mutate`, `validate` or both.
"""
