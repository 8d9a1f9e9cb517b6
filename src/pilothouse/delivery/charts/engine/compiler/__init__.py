"""Parse trees to Python code objects, so that a template runs as fast as hand-written Python."""
