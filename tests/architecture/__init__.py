"""Rules about the shape of the code: sizes, names, mirroring, imports and dependencies."""
