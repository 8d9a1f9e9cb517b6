"""The node agent: Pods as real processes."""
