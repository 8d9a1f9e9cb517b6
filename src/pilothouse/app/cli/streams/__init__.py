"""Verbs that stay connected to a Pod: `logs`, `exec`, `attach` and `port-forward`."""
