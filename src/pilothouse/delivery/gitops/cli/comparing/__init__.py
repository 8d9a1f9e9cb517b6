"""Verbs that render and compare as the controller does: diff, manifests."""
