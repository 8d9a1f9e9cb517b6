"""Rules of the smaller API groups, one module for each."""
