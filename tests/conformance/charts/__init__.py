"""Conformance of the chart engine to the recorded behaviour of Go's text/template and of helm."""
