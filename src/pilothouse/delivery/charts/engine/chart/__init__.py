"""A chart as files: loading, ignore rules, dependencies, lint rules."""
