"""Judges of kinds that no table of rows can express: they count, compare, or put many findings in one sentence."""
