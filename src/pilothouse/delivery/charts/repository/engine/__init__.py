"""The pure half of repositories: indexes, versions, references, locks, provenance."""
