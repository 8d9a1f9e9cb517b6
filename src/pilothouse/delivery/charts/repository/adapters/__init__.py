"""The I/O of repositories: settings on disk, HTTP, registries, keys."""
