"""The pure half of releases: records, plans, readiness rules and differences."""
