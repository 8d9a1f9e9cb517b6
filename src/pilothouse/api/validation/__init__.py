"""Validation of objects: metadata rules for all, tables of rules per kind.

`names` and `meta` hold the rules all kinds share; `kinds` looks up the rules of one kind. All pure.
"""
