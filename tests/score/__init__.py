"""The figures of `make score`: what the suites measured, as a table and as JSON."""
