"""Verbs on objects, with the names and flags kubectl users know.

`access` is the blocking client they share, `names` turns what the user typed into kinds, `output` prints.
"""
