"""Verbs that only read: get, list, tree, history, resources, logs."""
