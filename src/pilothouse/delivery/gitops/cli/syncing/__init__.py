"""Verbs that ask for a sync or wait for one: sync, rollback, refresh, terminate-op, wait."""
