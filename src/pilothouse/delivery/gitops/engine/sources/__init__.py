"""What is decided about sources without reading them: addresses, credentials, versions, paths, globs, variables, overrides."""
