"""The chart engine's I/O: folders, archives and value files on disk."""
