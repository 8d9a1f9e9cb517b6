"""Recorded behaviour of a Kubernetes API server, replayed in process against ours."""
